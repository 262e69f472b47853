"""Files of employees, by e-mail address or employee number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import models
from django.utils.translation import gettext, gettext_lazy
from import_export.fields import Field

from caching import in_many
from scheduling import caches
from scheduling.fields import without_zeros
from scheduling.imports.engine import bulk, values
from scheduling.imports.engine.bulk import chunks
from scheduling.imports.engine.columns import UNFILLED, Column
from scheduling.imports.engine.import_kind import ImportKind
from scheduling.imports.engine.problems import FileError, shown
from scheduling.imports.engine.run import Key, KeyOf, Stored
from scheduling.imports.engine.spelling import folded
from scheduling.imports.kinds.departments import department_column
from scheduling.imports.kinds.full_names import contradiction, names_last, parts_of
from scheduling.imports.kinds.people import (
    FIRST_NAME_ALIASES,
    LAST_NAME_ALIASES,
    NUMBER_ALIASES,
    KnownPeople,
    Person,
)
from scheduling.imports.kinds.skills import SkillsResource, SkillsRun, skills_column
from scheduling.models import Employee

EMPLOYEES = ImportKind(
    name="employees",
    label=gettext_lazy("employees"),
    model=Employee,
    columns=(
        Column(
            name="email",
            aliases=("employee_email", "e_mail", "email_address", "work_email", "company_email", "user_email", "login"),
            required=True,
            instead=("employee_number",),
        ),
        Column(name="employee_number", aliases=NUMBER_ALIASES, identifies=True),
        Column(
            name="name",
            aliases=("full_name", "employee_name"),
            label=gettext_lazy("full name"),
            stored=False,
            exported=False,
        ),
        Column(name="first_name", aliases=FIRST_NAME_ALIASES),
        Column(name="last_name", aliases=LAST_NAME_ALIASES),
        department_column("main_location", "location", "area", "team", "group"),
        Column(name="role", aliases=("position", "positions", "job_position", "job_title", "title")),
        Column(name="employment_type", aliases=("contract", "contract_type")),
        Column(
            name="hire_date",
            aliases=("date_joining", "date_of_joining", "hired_on", "start_of_employment", "joined_date", "start_date"),
        ),
        Column(name="end_date", aliases=("contract_end_date", "date_leaving", "left_on", "end_of_employment")),
        Column(name="hourly_rate", aliases=("base_hourly_rate", "rate", "pay_rate", "wage")),
        Column(
            name="max_hours_per_week", aliases=("maximum_hours_per_week", "max_hours", "weekly_hours", "hours_per_week")
        ),
        Column(name="phone", aliases=("phone_number", "mobile", "telephone", "cell")),
        Column(name="is_active", aliases=("active", "enabled")),
        skills_column("skills", "skill", "qualifications"),
    ),
    key=("email", "employee_number"),
    duplicate_reason=gettext_lazy("Row {row} is about the same employee."),
    required_for_new=("employee_number", "first_name", "last_name", "department_code"),
)


UNIQUE = {
    "email": (
        gettext_lazy("Row {row} has the same e-mail address."),
        gettext_lazy("This is the address of %(person)s."),
    ),
    "employee_number": (
        gettext_lazy("Row {row} has the same employee number."),
        gettext_lazy("This is the number of %(person)s."),
    ),
}
"""The columns that no two employees have in common, with the sentences about another row and another person."""


class EmployeeRun(SkillsRun):
    """Creates and updates employees. Skills that do not exist yet are created, and the result says so.

    The e-mail address says who is meant, and where nobody has it, the employee number: addresses change. Where they
    belong to two people, the names decide; both may get what the other one had, if that is in the file.
    """

    skills_column = "skills"

    @property
    def stored_columns(self) -> list[str]:
        return [*super().stored_columns, *self.split_names]

    @property
    def tracked(self) -> list[str]:
        # What says who is meant may itself be new: a changed address, or a changed number.
        return self.stored_columns

    def derive_values(self) -> None:
        """Take first and last names from the full names, where the file lacks columns for them."""
        columns, blank = self.sheet.values, [None] * self.sheet.size
        self.split_names = [name for name in ("first_name", "last_name") if name not in columns and "name" in columns]
        if "name" not in columns:
            return
        is_last, found = names_last(self.sheet.headers), []
        said = [columns.get(name, blank) for name in ("name", "first_name", "last_name")]
        for position, (name, first, last) in enumerate(zip(*said, strict=True)):
            both = parts_of(name, first, last, is_last=is_last)
            if both is None:
                self.sheet.refuse(position, "name", contradiction(name, first, last))
            elif self.split_names and not all(both):
                self.sheet.refuse(position, "name", gettext("Write a first and a last name."))
            found.append(dict(zip(("first_name", "last_name"), both or ("", ""), strict=True)))
        for name in self.split_names:
            columns[name] = [names[name] for names in found]

    def keys(self) -> list[Key | None]:
        """Return the primary key of each stored employee, and the address or else the number of new ones."""
        columns, blank = self.sheet.values, [None] * self.sheet.size
        emails, numbers = columns.get("email", blank), columns.get("employee_number", blank)
        self.people = KnownPeople(self.using)
        self.people.load(emails, numbers)
        keys: list[Key | None] = list(blank)
        for position in self.sheet.sound:
            email, number = emails[position], numbers[position]
            number = None if number is UNFILLED else number
            if email is None and number is None:
                column = "email" if "email" in self.sheet.columns else "employee_number"
                self.sheet.refuse(position, column, gettext("Write an e-mail address or an employee number."))
                continue
            person = self._person(position, email, number)
            if position not in self.sheet.problems:
                # A primary key is a number, and the others are texts.
                keys[position] = (person.pk,) if person is not None else (email or f"#{number}",)
        return keys

    def _person(self, position: int, email: str | None, number: str | None) -> Person | None:
        """Return the stored employee that a row means, or None for a new one."""
        by_email, by_number = self.people.with_email(email), self.people.with_number(number)
        if by_number is not None and by_number == by_email:
            return by_email
        name = self._name(position)
        if by_email is not None and by_number is not None:
            same = [person for person in (by_email, by_number) if name and folded(person.name) == folded(name)]
            return same[0] if same else by_email
        person = by_email or by_number
        if person is None or not name or person.is_called(name) or (person is by_email and number is None):
            return person
        # Either the address or the number is somebody's, and everything else is another person's.
        column = "email" if person is by_email else "employee_number"
        text = str(UNIQUE[column][1]) % {"person": f"{person} {person.email or ''}".strip()}
        about = gettext("The row is about %(name)s. Correct one of them.") % {"name": shown(name)}
        self.sheet.refuse(position, column, f"{text} {about}")
        return None

    def _name(self, position: int) -> str:
        columns = self.sheet.values
        return " ".join(str(columns[name][position]) for name in ("first_name", "last_name") if name in columns)

    def find_existing(self, keys: Sequence[Key | None]) -> dict[Key, Stored]:
        wanted = [key[0] for key in keys if key is not None and isinstance(key[0], int)]
        names = ["pk", *(self.kind.attname(name) for name in self.tracked)]
        rows = Employee._default_manager.using(self.using).order_by().values_list(*names)
        pk: Any = Employee._meta.pk
        return {row[:1]: row for chunk in chunks(wanted) for row in in_many(rows, pk, chunk)}

    def prepare(self, keys: Sequence[Key | None]) -> None:
        """Keep the stored first and last name of somebody whose full name is the one in the file."""
        super().prepare(keys)
        numbers = self.sheet.values.get("employee_number")
        for position, key in enumerate(keys):
            person = self.people.by_pk.get(key[0]) if key is not None else None
            if person is None:
                continue
            if numbers is not None and folded(numbers[position]) == folded(person.number):
                numbers[position] = person.number
            if self.split_names and folded(self._name(position)) == folded(person.name):
                for name in self.split_names:
                    self.sheet.values[name][position] = getattr(person, name)

    def check(self, keys: Sequence[Key | None], new: list[int], changed: list[int]) -> None:
        super().check(keys, new, changed)
        for column in UNIQUE:
            if column in self.sheet.columns:
                cells, refused = self.sheet.values[column], self.sheet.problems
                wanted = [None if position in refused else value for position, value in enumerate(cells)]
                self.sheet.refuse_repeated(wanted, column, str(UNIQUE[column][0]))
        # A row that is refused keeps what another row was to get.
        before = -1
        while before != len(self.sheet.problems):
            before = len(self.sheet.problems)
            for column in UNIQUE:
                if column in self.sheet.columns:
                    self._refuse_what_others_keep(column, keys, self.without_refused([*new, *changed]))
        self._tell_changed_addresses(keys, self.without_refused(changed))

    def _refuse_what_others_keep(self, column: str, keys: Sequence[Key | None], positions: Sequence[int]) -> None:
        changing = {keys[position] for position in positions}
        for position in positions:
            owner = self.people.owner(column, self.sheet.values[column][position])
            # In the file, the owner may get another value. Then what counts is how it is afterwards.
            if owner is not None and (owner.pk,) not in changing:
                self.sheet.refuse(position, column, str(UNIQUE[column][1]) % {"person": owner.email or owner})

    def _tell_changed_addresses(self, keys: Sequence[Key | None], positions: Sequence[int]) -> None:
        if "email" not in self.sheet.columns:
            return
        for position in positions:
            person = self.people.by_pk[keys[position][0]]  # type: ignore[index]
            email = self.sheet.values["email"][position]
            if person.email is not None and email != person.email:
                text = gettext("The address of %(person)s changes from %(old)s to %(new)s.")
                texts = {"person": person, "old": person.email, "new": email or gettext("none")}
                self.sheet.warn(position, "email", text % texts)

    def release(self, keys: Sequence[Key | None], new: Sequence[int], changed: Sequence[int]) -> None:
        """Free the addresses and numbers that go from one employee to another."""
        self.freed: set[Any] = set()
        for column in UNIQUE:
            if column not in self.sheet.columns:
                continue
            cells = self.sheet.values[column]
            owners = ((self.people.owner(column, cells[position]), keys[position]) for position in (*new, *changed))
            freed = {owner.pk for owner, key in owners if owner is not None and key != (owner.pk,)}
            if freed:
                self.freed |= freed
                field: Any = Employee._meta.get_field(column)
                bulk.release(field, freed, self.using)

    def update(self, keys: KeyOf, positions: list[int]) -> None:
        super().update(keys, positions)
        for position in positions:
            if position in self.sheet.problems and keys[position][0] in self.freed:  # type: ignore[index]
                # What this row had may be another's by now, so that it cannot be put back.
                raise FileError(self.sheet.problems[position][0].sentence)

    def describe(self, position: int) -> str:
        cells = (self.sheet.cell(position, name) for name in self.kind.key if name in self.sheet.columns)
        return next((shown(cell) for cell in cells if not values.is_blank(cell)), "")

    def fill_caches(self) -> None:
        caches.EMPLOYEE_BY_EMAIL.warm(self.written("email"))


class EmployeeResource(SkillsResource):
    kind = EMPLOYEES
    run_class = EmployeeRun

    def export_field(self, field: Field, instance: models.Model, **kwargs: Any) -> Any:
        value = super().export_field(field, instance, **kwargs)
        return without_zeros(value) if field.attribute == "max_hours_per_week" else value
