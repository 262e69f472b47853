"""What is made besides the rows: only what a written row needs stays, and only what this import has made is its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import tablib
from django.db import connection, models

from scheduling.imports.engine.besides import Besides
from scheduling.imports.engine.changes import unpack
from scheduling.imports.engine.chosen_values import ChosenValues
from scheduling.imports.engine.results import ImportResult
from scheduling.imports.kinds import KINDS
from scheduling.imports.undo_runs import undo_run
from scheduling.models import Department, ImportRun, Schedule, ShiftType, Skill
from tests.factories import DepartmentFactory, EmployeeFactory, ShiftFactory, SkillFactory

pytestmark = pytest.mark.django_db

PEOPLE = ("email", "employee_number", "first_name", "last_name", "department", "skills")
SHIFTS = ("name", "shift_type", "start", "end")
PLAN = ("email", "shift", "date", "department")
BISTRO: dict[str, Any] = {"new": {"department_code": ["Bistro", "Bar"]}}


def imported(kind: str, headers: Any, *rows: Any, dry_run: bool = False, **chosen: Any) -> ImportResult:
    """Import the valid rows of a file."""
    resource = KINDS[kind](values=ChosenValues(**chosen))
    dataset = tablib.Dataset(*rows, headers=headers)
    return resource.import_data(dataset, dry_run=dry_run, rollback_on_validation_errors=False)


def names_of(rows: list[Any]) -> str:
    return " ".join(row.name for row in rows)


@contextmanager
def meanwhile(marker: str, write: Callable[[], object]) -> Iterator[None]:
    """Let somebody else write after the statement with this text, and before the savepoint that follows it."""
    state = {"seen": False, "done": False}

    def hold(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if state["seen"] and not state["done"] and sql.startswith("SAVEPOINT"):
            state["done"] = True
            write()
        state["seen"] |= marker in sql
        return execute(sql, params, many, context)

    with connection.execute_wrapper(hold):
        yield
    assert state["done"]


class CreateTests:
    def test_says_which_rows_it_has_made(self) -> None:
        SkillFactory(name="Grill")
        besides = Besides("default")
        pks, refused = besides.create([Skill(name="Bar"), Skill(name="Grill"), Skill(name="Wine")], names_of)
        bar, wine = (Skill.objects.get(name=name).pk for name in ("Bar", "Wine"))
        assert (pks, [*refused]) == ([bar, None, wine], [1])
        assert besides.created == {Skill: [bar, wine]}
        assert besides.settle(refused=False) == ["Bar Wine"]

    def test_of_nothing_makes_nothing(self, django_assert_num_queries: Any) -> None:
        with django_assert_num_queries(0):
            assert Besides("default").create([], names_of) == ([], {})


class SettleTests:
    def test_leaves_what_somebody_needs(self) -> None:
        besides = Besides("default")
        besides.create([Skill(name="Bar"), Skill(name="Grill")], names_of)
        EmployeeFactory(skills=[Skill.objects.get(name="Grill")])
        assert besides.settle(refused=True) == ["Grill"]
        assert besides.created == {Skill: [Skill.objects.get().pk]}

    def test_costs_nothing_if_no_row_was_refused(self, django_assert_num_queries: Any) -> None:
        besides = Besides("default")
        besides.create([Skill(name="Bar")], names_of)
        with django_assert_num_queries(0):
            assert besides.settle(refused=False) == ["Bar"]

    def test_what_only_refused_rows_need_is_not_left_behind(self) -> None:
        """A break as long as the shift is refused after its type was made."""
        rows = [("A", "Day", "8:00", "9:00", "0"), ("B", "Night", "8:00", "9:00", "60")]
        result = imported("shifts", (*SHIFTS, "break"), *rows)
        assert (result.saved, result.new, result.refused) == (True, 1, 1)
        assert [one.name for one in ShiftType.objects.all()] == ["Day"]
        assert result.notes == ["1 new shift type: 'Day'."]
        assert _recorded(result, ShiftType) == {ShiftType.objects.get().pk}

    def test_nor_told_by_the_preview(self) -> None:
        result = imported("shifts", (*SHIFTS, "break"), ("B", "Night", "8:00", "9:00", "60"), dry_run=True)
        assert (result.refused, result.notes) == (1, [])

    def test_a_draft_and_the_department_that_was_made_for_it_go_both(self) -> None:
        amy, bob = EmployeeFactory(email="amy@example.com"), EmployeeFactory(email="bob@example.com", is_active=False)
        ShiftFactory(name="Early")
        rows = [
            (amy.email, "Early", "2026-12-01", "Bar"),
            (bob.email, "Early", "2026-12-01", "Bistro"),
        ]
        result = imported("assignments", PLAN, *rows, **BISTRO)
        assert (result.saved, result.new, result.refused) == (True, 1, 1)
        bar = Department.objects.get(code="Bar")
        assert not Department.objects.filter(code="Bistro").exists()
        assert Schedule.objects.get().department == bar
        told = ["New departments, as you have chosen: 'Bar'.", "1 new draft schedule, for a week that had none."]
        assert [note for note in result.notes if "ew d" in note] == told
        assert _recorded(result, Department) == {bar.pk}

    def test_a_new_skill_is_that_of_a_written_row(self) -> None:
        DepartmentFactory(code="KIT")
        rows = [("a@example.com", "1", "A", "A", "KIT", "Bar"), ("b@example.com", "1", "B", "B", "KIT", "Grill")]
        result = imported("employees", PEOPLE, *rows)
        assert (result.new, result.refused, result.notes) == (1, 1, ["1 new skill: 'Bar'."])
        assert [skill.name for skill in Skill.objects.all()] == ["Bar"]


class OthersTests:
    """What somebody else makes at the same moment is used, not told, and not taken away by the undo."""

    def test_a_skill(self) -> None:
        DepartmentFactory(code="KIT")
        with meanwhile('INSERT INTO "scheduling_employee"', lambda: SkillFactory(name="Grill")):
            result = imported("employees", PEOPLE, ("a@example.com", "1", "A", "A", "KIT", "Bar|Grill"))
        assert result.notes == ["1 new skill: 'Bar'."]
        self._assert_stays(result, Skill, "Grill")

    def test_a_shift_type(self) -> None:
        rows = [("A", "Day", "8:00", "9:00"), ("B", "Night", "8:00", "9:00")]
        with meanwhile('FROM "scheduling_shifttype"', lambda: ShiftType.objects.create(name="Night")):
            result = imported("shifts", SHIFTS, *rows)
        assert (result.new, result.notes) == (2, ["1 new shift type: 'Day'."])
        self._assert_stays(result, ShiftType, "Night")

    def test_a_department(self) -> None:
        rows = [("a@example.com", "1", "A", "A", "Bar", ""), ("b@example.com", "2", "B", "B", "Bistro", "")]
        with meanwhile('AS "a" FROM "scheduling_department"', lambda: DepartmentFactory(code="Bistro")):
            result = imported("employees", PEOPLE, *rows, **BISTRO)
        assert (result.new, result.notes) == (2, ["New departments, as you have chosen: 'Bar'."])
        self._assert_stays(result, Department, "Bistro")

    @staticmethod
    def _assert_stays(result: ImportResult, model: type[models.Model], name: str) -> None:
        names = model._default_manager.values_list("code" if model is Department else "name", flat=True)
        assert len(names) == 2
        assert undo_run(result.run).deleted_besides == 1  # type: ignore[arg-type]
        assert list(names.all()) == [name]


def _recorded(result: ImportResult, model: type[models.Model]) -> set[Any]:
    """Return which rows of a model the undo of an import would delete."""
    run = ImportRun.objects.get(pk=result.run)
    return set(unpack(run.changes).besides.get(model._meta.label, {}))
