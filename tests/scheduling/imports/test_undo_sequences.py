"""An import, edits by others, and its undo, in random sequences. FUZZ_EXAMPLES says how many."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
import tablib
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduling.imports.kinds.employees import EmployeeResource
from scheduling.imports.undo_runs import UndoResult, undo_run
from scheduling.models import Department, Employee, ImportRun, Skill
from tests.factories import DepartmentFactory, EmployeeFactory, RuleFactory, SkillFactory

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", 500))
NUMBERS = ("1", "2", "3", "4", "5")
ADDRESSES = (*(f"p{number}@example.com" for number in NUMBERS), "new@example.com")
SKILLS = ("Grill", "Bar", "First aid")
CODES = ("KIT", "BAR")
FIELDS = ("employee_number", "email", "first_name", "last_name", "department_id", "role", "max_hours_per_week")

EDITS = ("role", "email", "delete", "skill", "no_skill", "lose_skill", "department", "needed", "same", "hire", "back")

State = dict[int, tuple[Any, ...]]
Step = Callable[[], object]


def state() -> State:
    """Return every employee as stored, with the names of the skills."""
    skills: dict[int, list[str]] = {}
    for owner, name in Employee.skills.through.objects.values_list("employee_id", "skill__name"):
        skills.setdefault(owner, []).append(name)
    rows = Employee.objects.order_by().values_list("pk", *FIELDS)
    return {pk: (*values, tuple(sorted(skills.get(pk, ())))) for pk, *values in rows}


rows_of_files = st.lists(
    st.tuples(
        st.sampled_from(NUMBERS),
        st.sampled_from(ADDRESSES),
        st.sampled_from(("Cook", "Chef")),
        st.sampled_from(CODES),
        st.sampled_from(("", "Grill", "Bar|First aid", "Bar|New")),
    ),
    min_size=1,
    max_size=5,
    unique_by=(lambda row: row[0], lambda row: row[1]),
)
edits = st.lists(
    st.tuples(
        st.sampled_from(
            (
                "role",
                "email",
                "delete",
                "skill",
                "no_skill",
                "lose_skill",
                "department",
                "needed",
                "same",
                "hire",
                "back",
            )
        ),
        st.integers(0, 9),
        st.sampled_from(ADDRESSES),
    ),
    max_size=4,
)


def edit(what: str, number: int, address: str) -> None:
    """Do what somebody else might do to one of the employees meanwhile."""
    people = list(Employee.objects.order_by("pk"))
    if what == "lose_skill":
        Skill.objects.filter(name=SKILLS[number % 3]).delete()
        return
    if what == "department":
        Department.objects.filter(code=CODES[number % 2]).delete()
        return
    if what == "hire":
        EmployeeFactory(email=address, employee_number=f"H{number}", department=Department.objects.get(code="HR"))
        return
    if not people:
        return
    person = people[number % len(people)]
    if what == "role":
        person.role = f"Waiter {number}"
        person.save()
    elif what == "email":
        Employee.objects.filter(pk=person.pk).update(email=address)
    elif what == "delete":
        person.delete()
    elif what == "skill":
        person.skills.add(SkillFactory(name=f"Skill {number}"))
    elif what == "no_skill":
        person.skills.clear()
    elif what == "needed":
        RuleFactory(employee=person, scope="employee")
    elif what == "same":
        person.save()
    elif what == "back":
        role = person.role
        Employee.objects.filter(pk=person.pk).update(role="Away")
        Employee.objects.filter(pk=person.pk).update(role=role)


def judge(before: State, imported: State, edited: State, result: UndoResult, needed: set[int]) -> None:
    """Compare what the undo has done with what it has promised."""
    after = state()
    gone = {person.pk for person in result.deleted}
    back = {person.pk for person in result.restored}
    for pk in before.keys() | imported.keys() | edited.keys() | after.keys():
        was, then, now, at_last = (rows.get(pk) for rows in (before, imported, edited, after))
        if was == then or now != then or (was is None and pk in needed):
            assert at_last == now, "What the import has not written, or somebody has touched, stays."
            assert pk not in gone | back
        elif was is None:
            assert at_last is None, "A new row that nobody has touched is deleted."
            assert pk in gone
        elif pk in back:
            assert at_last == was, "A changed row that nobody has touched is put back."
        else:
            assert at_last == now
            assert cannot_be_back(pk, was, after)
    assert len(result.left) >= sum(1 for pk in imported if before.get(pk) != imported[pk] and pk not in gone | back)


def cannot_be_back(pk: int, was: tuple[Any, ...], after: State) -> bool:
    """Whether somebody has the number or the address by now, or the department or a skill is gone."""
    taken = any(row[0] == was[0] or (was[1] and row[1] == was[1]) for other, row in after.items() if other != pk)
    departments = Department.objects.values_list("pk", flat=True)
    return taken or was[4] not in departments or bool(set(was[-1]) - set(Skill.objects.values_list("name", flat=True)))


@pytest.mark.django_db
class SequenceTests:
    @settings(
        max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
    )
    @given(stored=rows_of_files, file=rows_of_files, steps=edits, again=st.booleans())
    def test_what_nobody_has_touched_is_as_it_was(
        self, stored: list[Any], file: list[Any], steps: list[Any], again: bool
    ) -> None:
        with transaction.atomic():
            self._play(stored, file, steps, again)
            transaction.set_rollback(True)

    def _play(self, stored: list[Any], file: list[Any], steps: list[Any], again: bool) -> None:
        departments = {code: DepartmentFactory(code=code) for code in (*CODES, "HR")}
        skills = {name: SkillFactory(name=name) for name in SKILLS}
        for number, address, role, code, names in stored[:3]:
            person = EmployeeFactory(
                employee_number=number, email=address, role=role, department=departments[code], last_name="Adams"
            )
            person.skills.set([skills[name] for name in names.split("|") if name in skills])
        before = state()
        headers = ["employee_number", "email", "role", "department", "skills", "first_name", "last_name"]
        table = tablib.Dataset(*[[*row, "Amy", "Adams"] for row in file], headers=headers)
        saved = EmployeeResource().import_data(table).saved
        run = ImportRun.objects.get()
        imported = state()
        assert (before != imported) <= saved
        if not saved or not run.changes or before == imported:
            return
        for step in steps:
            try:
                with transaction.atomic():
                    edit(*step)
            except (IntegrityError, ProtectedError):
                pass
        edited = state()
        needed = set(Employee.objects.filter(rules__isnull=False).values_list("pk", flat=True))
        promised = undo_run(run.pk, dry_run=True)
        assert state() == edited
        result = undo_run(run.pk)
        assert (result.summary, result.left) == (promised.summary, promised.left)
        judge(before, imported, edited, result, needed)
        if again and ImportRun.objects.get(pk=run.pk).outcome == "partly_undone":
            once = state()
            assert not undo_run(run.pk).deleted
            assert set(state()) == set(once)
