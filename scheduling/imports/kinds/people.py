"""Which employee a row means: by the e-mail address, by the employee number, or by a name that one person has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from caching import in_many
from scheduling.imports.engine.bulk import chunks
from scheduling.imports.engine.chosen_values import replace_chosen
from scheduling.imports.engine.columns import Column, Refused
from scheduling.imports.engine.problems import did_you_mean, listed, meant, shown
from scheduling.imports.engine.sheet import Sheet
from scheduling.imports.engine.spelling import folded
from scheduling.imports.kinds.full_names import contradiction, names_last, parts_of
from scheduling.models import Employee

NUMBER_ALIASES = (
    "employee_id",
    "emp_id",
    "employee_no",
    "badge_id",
    "payroll_id",
    "number",
    "idnumber",
    "personalnummer",
)
NAME_ALIASES = ("full_name", "name")
FIRST_NAME_ALIASES = ("firstname", "given_name", "vorname")
LAST_NAME_ALIASES = ("lastname", "surname", "family_name", "nachname")


INSTEAD_OF_ADDRESS = ("employee_number", "employee_name", "last_name")


class Person(NamedTuple):
    pk: int
    number: str
    first_name: str
    last_name: str
    email: str | None

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    def __str__(self) -> str:
        return f"{self.name} ({self.number})"

    def is_called(self, name: str) -> bool:
        """Whether this may be the name of the person: they have a word of it in common. People marry."""
        return not {*folded(name).replace(",", " ").split()}.isdisjoint(folded(self.name).split())


_FIELDS = ("pk", "employee_number", "first_name", "last_name", "email")


class KnownPeople:
    """The employees whom a file names by their addresses or numbers."""

    def __init__(self, using: str) -> None:
        self._using = using
        self.by_pk: dict[int, Person] = {}
        self._owners: dict[str, dict[str, Person]] = {"email": {}, "employee_number": {}}

    def load(self, emails: Iterable[str | None], numbers: Iterable[Any]) -> None:
        """Read who has one of these addresses, and who one of these numbers in any case. At most two queries."""
        spelled = {text for number in numbers if isinstance(number, str) for text in spellings(number)}
        for column, wanted in (
            ("email", {email for email in emails if email is not None}),
            ("employee_number", spelled),
        ):
            field: Any = Employee._meta.get_field(column)
            rows = Employee._default_manager.using(self._using).order_by().values_list(*_FIELDS)
            for chunk in chunks(wanted):
                self.by_pk.update((row[0], Person._make(row)) for row in in_many(rows, field, chunk))
        self._owners["email"] = {person.email: person for person in self.by_pk.values() if person.email is not None}
        self._owners["employee_number"] = {person.number: person for person in self.by_pk.values()}

    def owner(self, column: str, value: Any) -> Person | None:
        """Return who has exactly this address or number."""
        return self._owners[column].get(value)

    def with_email(self, email: str | None) -> Person | None:
        return self._owners["email"].get(email) if email is not None else None

    def with_number(self, number: str | None) -> Person | None:
        """Return who has the number, spelled like this or else in another case."""
        owners = self._owners["employee_number"]
        return next((owners[text] for text in spellings(number) if text in owners), None) if number else None


def spellings(number: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys((number, number.upper(), number.lower())))


class Directory:
    """All employees, by number and by name."""

    def __init__(self) -> None:
        rows = Employee._default_manager.order_by("employee_number").values_list(*_FIELDS)
        self.people = {row[0]: Person._make(row) for row in rows}
        self._by_number: defaultdict[str, list[Person]] = defaultdict(list)
        self._by_name: defaultdict[str, list[Person]] = defaultdict(list)
        for person in self.people.values():
            self._by_number[folded(person.number)].append(person)
            for name in {person.name, f"{person.last_name}, {person.first_name}"}:
                self._by_name[folded(name)].append(person)

    def with_number(self, number: str) -> list[Person]:
        """Return who has the number. Several, if numbers differ in capitals only and none is spelled like this."""
        found = self._by_number.get(folded(number), [])
        return [person for person in found if person.number == number] or found

    def called(self, name: str) -> list[Person]:
        """Return who has this full name, "Amy Reed" or "Reed, Amy"; or this number, which users choose for a name."""
        return self._by_name.get(folded(name)) or self.with_number(name)

    def unknown_number(self, number: str) -> str:
        """Return the sentence about a number that nobody has."""
        without_zeros = (person.number for person in self.people.values() if person.number.lstrip("0") == number)
        near = next(without_zeros, None)
        # A number that lacks its zeros is not spelled alike.
        guess = meant(near) if near else did_you_mean(number, (person.number for person in self.people.values()))
        return _("No employee has the number '%(number)s'.") % {"number": shown(number)} + guess

    def unknown_name(self, name: str) -> str:
        """Return the sentence about a name that nobody has."""
        guess = did_you_mean(name, (person.name for person in self.people.values()))
        return _("No employee is called '%(name)s'.") % {"name": shown(name)} + guess


def several(name: str, people: Iterable[Person]) -> str:
    """Return the sentence about a name or a number that several people have."""
    texts = {"name": shown(name), "people": listed(map(str, people), _("or"))}
    return _("'%(name)s' may be %(people)s. Write the employee number or the e-mail address.") % texts


def employees_by_number_or_name(cells: Iterable[Any]) -> dict[Any, Any]:
    """Return the primary key of the employee whose number or full name is in a cell, or why it is not certain.

    Leaves out e-mail addresses.
    """
    wanted = [cell for cell in cells if "@" not in cell]
    if not wanted:
        return {}
    directory = Directory()
    return {cell: _by_number_or_name(directory, cell) for cell in wanted}


def _by_number_or_name(directory: Directory, cell: str) -> int | Refused:
    people = {person.pk: person for person in (*directory.with_number(cell), *directory.called(cell))}
    if len(people) == 1:
        return next(iter(people))
    if people:
        return Refused(several(cell, people.values()))
    return Refused(directory.unknown_number(cell) if cell.isdecimal() else directory.unknown_name(cell))


PERSON_COLUMNS = (
    *(
        Column(
            name=name,
            aliases=aliases,
            label=label,
            refers_to=Employee._meta.get_field("employee_number"),
            fallback=employees_by_number_or_name,
            stored=False,
            exported=False,
        )
        for name, aliases, label in (
            ("employee_number", NUMBER_ALIASES, gettext_lazy("employee number")),
            ("employee_name", NAME_ALIASES, gettext_lazy("full name")),
        )
    ),
    *(
        Column(name=name, aliases=aliases, label=label, stored=False, exported=False)
        for name, aliases, label in (
            ("first_name", FIRST_NAME_ALIASES, gettext_lazy("first name")),
            ("last_name", LAST_NAME_ALIASES, gettext_lazy("last name")),
        )
    ),
)
"""The columns besides the e-mail address by which a file can say who is meant."""


class _Cells(NamedTuple):
    """What a row says about its employee."""

    employee: int | None
    """Whom the e-mail address means."""
    number: str | None
    name: str | None


def settle_people(sheet: Sheet, column: str, chosen: Mapping[str, str]) -> list[str]:
    """Fill a column with the primary keys of the employees that the rows mean. The e-mail addresses are resolved.

    Whatever a row says has to fit together: the address of one person beside the number of another is refused. A
    number that nobody has says nothing beside an address: returns the sentence about these. `chosen` says whom the user
    means by the full names of the file.
    """
    known = [name for name in ("employee_number", "employee_name", "first_name", "last_name") if name in sheet.columns]
    employees = sheet.values.get(column) or [None] * sheet.size
    sheet.values[column] = employees
    if column not in sheet.columns:
        sheet.stands_for[column] = next(
            (name for name in ("employee_number", "employee_name") if name in known), "last_name"
        )
    if not known:
        for position in sheet.sound:
            if employees[position] is None:
                sheet.refuse(position, column, _("A value is needed here."))
        return []
    directory = Directory()
    answers: dict[_Cells, int | tuple[str, str]] = {}
    blank = [None] * sheet.size
    numbers, names = sheet.values.get("employee_number") or blank, _full_names(sheet, chosen)
    for position in sheet.sound:
        cells = _Cells(employees[position], numbers[position], names[position])
        answer = answers.get(cells)
        if answer is None:
            answer = answers[cells] = _employee_of(directory, cells, column)
        if isinstance(answer, int):
            employees[position] = answer
        else:
            employees[position] = None
            blamed, reason = answer
            said = {"employee_number": cells.number, "employee_name": cells.name}.get(blamed)
            if said and cells.employee is None and _means_nobody(directory, blamed, said):
                sheet.note_unknown(position, blamed, said)
            if blamed == "employee_name" and blamed not in sheet.columns:
                blamed = "last_name"
            sheet.refuse(position, blamed, reason)
    strange = {
        shown(number)
        for number, employee in zip(numbers, employees, strict=True)
        if number is not None and employee is not None and not directory.with_number(number)
    }
    text = _("Not read, because no employee has these numbers: %(numbers)s.")
    return [text % {"numbers": listed(sorted(strange))}] if strange else []


def _full_names(sheet: Sheet, chosen: Mapping[str, str]) -> list[str | None]:
    """Return the full names of all rows, from a column of their own, those of the first and the last name, or both."""
    blank = [None] * sheet.size
    names, firsts, lasts = (sheet.values.get(name) or blank for name in ("employee_name", "first_name", "last_name"))
    is_last, full = names_last(sheet.headers), []
    for position, (name, first, last) in enumerate(zip(names, firsts, lasts, strict=True)):
        beside = first or last
        both = parts_of(name, first, last, is_last=is_last) if name and beside else (first, last)
        if both is None:
            sheet.refuse(position, "employee_name", contradiction(name, first, last))
        full.append(name if name and not beside else " ".join(filter(None, both or ())) or None)
    sheet.values["employee_name"] = full
    if chosen and "employee_name" not in sheet.columns:
        # Those in a column of their own are replaced already.
        replace_chosen(sheet, "employee_name", chosen)
    return full


def _means_nobody(directory: Directory, column: str, said: str) -> bool:
    """Whether a number or a name is not that of exactly one person, so that the user can choose who is meant."""
    return len(directory.with_number(said) if column == "employee_number" else directory.called(said)) != 1


def _employee_of(directory: Directory, cells: _Cells, column: str) -> int | tuple[str, str]:
    """Return the primary key of the employee, or the column to blame and the reason."""
    person = directory.people.get(cells.employee) if cells.employee is not None else None
    if cells.number is not None:
        found = directory.with_number(cells.number)
        if person is None and len(found) != 1:
            many = several(cells.number, found) if found else directory.unknown_number(cells.number)
            return "employee_number", many
        # A number that is not one of ours comes from another system, if the address says who is meant.
        if person is not None and found and person not in found:
            texts = {"number": shown(cells.number), "other": str(found[0]), "person": str(person)}
            return "employee_number", _("This is the number of %(other)s, and the row is about %(person)s.") % texts
        person = person or found[0]
    if cells.name is None:
        return person.pk if person is not None else (column, _("A value is needed here."))
    called = directory.called(cells.name)
    if person is None:
        if len(called) == 1:
            return called[0].pk
        return "employee_name", several(cells.name, called) if called else directory.unknown_name(cells.name)
    if person in called or (not called and person.is_called(cells.name)):
        return person.pk
    texts = {"name": shown(cells.name), "person": str(person)}
    return "employee_name", _("The row names '%(name)s' and means %(person)s. Correct one of them.") % texts
