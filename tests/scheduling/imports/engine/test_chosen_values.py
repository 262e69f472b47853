from collections.abc import Iterator
from typing import Any

import pytest
import tablib

from scheduling.imports.engine.chosen_values import ChosenValues
from scheduling.imports.engine.problems import FileError
from scheduling.imports.engine.results import ImportResult, UnknownValue
from scheduling.imports.kinds import KINDS
from scheduling.imports.undo_runs import undo_run
from scheduling.models import Department, Employee, ImportRun, Schedule, ScheduleAssignment, Shift, ShiftType, Skill
from tests.factories import DepartmentFactory, EmployeeFactory, ShiftFactory, SkillFactory

pytestmark = pytest.mark.django_db

PEOPLE = ("email", "employee_number", "first_name", "last_name", "department", "skills")


def imported(kind: str, headers: Any, *rows: Any, dry_run: bool = False, **chosen: Any) -> ImportResult:
    dataset = tablib.Dataset(*rows, headers=headers)
    return KINDS[kind](values=ChosenValues(**chosen)).import_data(dataset, dry_run=dry_run)


def person(number: int, department: str = "KIT", skills: str = "") -> tuple[Any, ...]:
    return (f"p{number}@example.com", str(number), "Amy", f"Reed {number}", department, skills)


def nothing(model: type[Any]) -> bool:
    return False


class KnownTests:
    def test_a_value_is_read_as_the_stored_one_in_all_its_rows(self) -> None:
        kitchen = DepartmentFactory(code="KIT")
        rows = [person(1, "Kueche"), person(2, " KUECHE "), person(3, "KIT")]
        result = imported("employees", PEOPLE, *rows, known={"department_code": {"Kueche": "KIT"}})
        assert (result.new, result.problems) == (3, [])
        assert set(Employee.objects.values_list("department", flat=True)) == {kitchen.pk}
        assert "'Kueche' is read as 'KIT', as you have chosen (2 rows)." in result.notes

    def test_a_person_is_meant_by_address_or_number(self) -> None:
        amy, bob = EmployeeFactory(email="amy@example.com"), EmployeeFactory(employee_number="77", email=None)
        ShiftFactory(name="Early")
        known = {"employee_email": {"A. Reed": "amy@example.com", "Bobby": "77"}, "shift_name": {"Frueh": "Early"}}
        rows = [("A. Reed", "Frueh", "2026-12-01"), ("Bobby", "Frueh", "2026-12-02")]
        result = imported("assignments", ("Employee", "Shift", "Date"), *rows, known=known)
        assert result.problems == []
        assert set(ScheduleAssignment.objects.values_list("employee", flat=True)) == {amy.pk, bob.pk}

    def test_a_first_and_a_last_name_in_two_columns_are_one_person(self) -> None:
        amy = EmployeeFactory(employee_number="77")
        ShiftFactory(name="Early")
        rows = [("A.", "Reed", "Early", "2026-12-01"), ("a.", "reed", "Early", "2026-12-02")]
        headers = ("First name", "Last name", "Shift", "Date")
        (unknown,) = imported("assignments", headers, *rows, dry_run=True).unknown
        assert (unknown.column, unknown.header, unknown.given) == ("employee_name", "full name", "A. Reed")
        assert unknown.rows == 2
        chosen: dict[str, Any] = {"known": {"employee_name": {"A. Reed": "77"}}}
        (known,) = imported("assignments", headers, *rows, dry_run=True, **chosen).unknown
        assert (known.given, known.known) == ("A. Reed", "77")
        result = imported("assignments", headers, *rows, **chosen)
        assert result.problems == []
        assert "'A. Reed' is read as '77', as you have chosen (2 rows)." in result.notes
        assert set(ScheduleAssignment.objects.values_list("employee", flat=True)) == {amy.pk}

    def test_a_full_name_in_its_own_column_is_meant_by_a_number(self) -> None:
        amy = EmployeeFactory(employee_number="77")
        ShiftFactory(name="Early")
        rows, headers = [("A. Reed", "Early", "2026-12-01")], ("Full name", "Shift", "Date")
        (unknown,) = imported("assignments", headers, *rows, dry_run=True).unknown
        assert (unknown.column, unknown.given) == ("employee_name", "A. Reed")
        result = imported("assignments", headers, *rows, known={"employee_name": {"A. Reed": "77"}})
        assert result.problems == []
        assert ScheduleAssignment.objects.get().employee == amy

    def test_one_of_several_departments_of_a_name_can_be_chosen(self) -> None:
        DepartmentFactory(code="INN", name="Bar")
        other = DepartmentFactory(code="POOL", name="Bar", parent=DepartmentFactory(code="HH"))
        (unknown,) = imported("employees", PEOPLE, person(1, "Bar"), dry_run=True).unknown
        assert (unknown.given, unknown.rows) == ("Bar", 1)
        assert imported("employees", PEOPLE, person(1, "Bar"), known={"department_code": {"Bar": "POOL"}}).saved
        assert Employee.objects.get().department == other

    def test_one_of_several_skills_in_a_cell_is_replaced(self) -> None:
        DepartmentFactory(code="KIT")
        SkillFactory(name="First aid")
        known = {"skills": {"1st aid": "First aid"}}
        result = imported("employees", PEOPLE, person(1, skills="1st Aid|Grill|First aid"), known=known)
        assert sorted(Skill.objects.values_list("name", flat=True)) == ["First aid", "Grill"]
        assert "1 new skill: 'Grill'." in result.notes

    def test_the_type_of_a_shift_and_the_parent_of_a_department_are_names_too(self) -> None:
        headers = ("name", "shift_type", "start_time", "end_time")
        day = ShiftType.objects.create(name="Day")
        assert imported(
            "shifts", headers, ("Early", "Tag", "6:00", "14:00"), known={"shift_type": {"Tag": "Day"}}
        ).saved
        assert Shift.objects.get().shift_type == day
        house = DepartmentFactory(code="HH")
        known = {"parent_code": {"Haus": "HH"}}
        assert imported("departments", ("code", "name", "parent"), ("KIT", "Kitchen", "Haus"), known=known).saved
        assert Department.objects.get(code="KIT").parent == house

    def test_a_chosen_one_that_is_not_there_refuses_the_row(self) -> None:
        DepartmentFactory(code="KIT")
        result = imported("employees", PEOPLE, person(1, "Kueche"), known={"department_code": {"Kueche": "KITT"}})
        (problem,) = result.problems
        assert problem.value == "Kueche"
        assert problem.reason == "No department has the code 'KITT'. Did you mean 'KIT'?"

    @pytest.mark.parametrize("column", ["hourly_rate", "huh"])
    def test_values_of_other_columns_cannot_be_chosen(self, column: str) -> None:
        result = imported("employees", PEOPLE, person(1), known={column: {"1": "2"}})
        assert "name nothing that is stored. Choose values of 'department_code' or 'skills'." in result.sentences[0]
        with pytest.raises(FileError):
            raise FileError(result.sentences[0])

    def test_the_run_keeps_what_was_chosen(self) -> None:
        DepartmentFactory(code="KIT")
        imported("employees", PEOPLE, person(1, "Kueche"), known={"department_code": {"Kueche": "KIT"}})
        assert ImportRun.objects.get().options["values"] == {"department_code": {"Kueche": "KIT"}}


class WantsNewTests:
    def test_reads_each_chosen_name_once(self) -> None:
        names = ReadOnce(["Bistro", "Bar"])
        chosen = ChosenValues(new={"department_code": names})
        assert [chosen.wants_new("department_code", name) for name in ("BISTRO", "bar", "Inn")] == [True, True, False]
        assert not chosen.wants_new("skills", "Bar")
        assert names.reads == 1


class ReadOnce(list[str]):
    """A list that counts how often it is gone through."""

    reads = 0

    def __iter__(self) -> Iterator[str]:
        self.reads += 1
        return super().__iter__()


class UnknownTests:
    def test_are_listed_with_their_rows_the_most_frequent_first(self) -> None:
        DepartmentFactory(code="KIT")
        rows = [person(1, "Bar"), person(2, "Kueche"), person(3, " kueche"), person(4, "KIT")]
        result = imported("employees", PEOPLE, *rows, dry_run=True)
        assert result.unknown == [
            UnknownValue(column="department_code", header="department", given="Kueche", rows=2),
            UnknownValue(column="department_code", header="department", given="Bar", rows=1),
        ]

    def test_what_is_chosen_stays_in_the_list(self) -> None:
        DepartmentFactory(code="KIT")
        known = {"department_code": {"Kueche": "KIT"}}
        (one,) = imported("employees", PEOPLE, person(1, "Kueche"), dry_run=True, known=known).unknown
        assert (one.given, one.known, one.rows) == ("Kueche", "KIT", 1)

    def test_what_is_chosen_comes_last(self) -> None:
        DepartmentFactory(code="KIT")
        rows = [
            person(1, "Kueche"),
            person(2, "Kueche"),
            person(3, "Bistro"),
            person(4, "Bistro"),
            person(5, skills="x"),
        ]
        chosen = {"known": {"department_code": {"Kueche": "KIT"}}, "new": {"department_code": ["Bistro"]}}
        found = imported("employees", PEOPLE, *rows, dry_run=True, **chosen).unknown
        assert [one.given for one in found] == ["x", "Bistro", "Kueche"]

    def test_new_skills_and_types_are_listed_too(self) -> None:
        DepartmentFactory(code="KIT")
        result = imported("employees", PEOPLE, person(1, skills="Grill|Fire"), person(2, skills="Fire"), dry_run=True)
        assert [(one.column, one.given, one.rows) for one in result.unknown] == [
            ("skills", "Fire", 2),
            ("skills", "Grill", 1),
        ]
        shift = ("Early", "Day", "6:00", "14:00")
        (one,) = imported("shifts", ("name", "shift_type", "start", "end"), shift, dry_run=True).unknown
        assert (one.column, one.given) == ("shift_type", "Day")

    def test_a_row_of_several_days_is_counted_once(self) -> None:
        EmployeeFactory(email="amy@example.com")
        row = ("amy@example.com", "Frueh", "2026-12-01", "2026-12-04")
        (one,) = imported("assignments", ("email", "shift", "date", "end_date"), row, dry_run=True).unknown
        assert (one.given, one.rows) == ("Frueh", 1)


class NewTests:
    CHOSEN: dict[str, Any] = {"new": {"department_code": ["Bistro"]}}

    def test_a_department_is_made_in_the_transaction_of_the_import_and_goes_with_its_undo(self) -> None:
        result = imported("employees", PEOPLE, person(1, "Bistro"), person(2, "bistro"), **self.CHOSEN)
        assert result.saved
        bistro = Department.objects.get()
        assert (bistro.code, bistro.name) == ("Bistro", "Bistro")
        assert Employee.objects.filter(department=bistro).count() == 2
        assert "New departments, as you have chosen: 'Bistro'." in result.notes
        assert undo_run(result.run).deleted_besides == 1  # type: ignore[arg-type]
        assert not Department.objects.exists()

    def test_a_dry_run_makes_none(self) -> None:
        result = imported("employees", PEOPLE, person(1, "Bistro"), dry_run=True, **self.CHOSEN)
        assert (result.new, result.problems) == (1, [])
        assert [one.new for one in result.unknown] == [True]
        assert not Department.objects.exists()

    def test_nothing_is_made_if_a_row_is_refused(self) -> None:
        assert not imported("employees", PEOPLE, person(1, "Bistro"), person(2, "Bar"), **self.CHOSEN).saved
        assert not Department.objects.exists()

    def test_what_the_model_refuses_is_refused(self) -> None:
        (problem,) = imported("employees", PEOPLE, person(1, "B" * 40), new={"department_code": ["B" * 40]}).problems
        assert "at most 32 characters" in problem.reason

    def test_the_undo_takes_the_drafts_of_a_new_department_first(self) -> None:
        EmployeeFactory(email="amy@example.com")
        ShiftFactory(name="Early")
        row = ("amy@example.com", "Early", "2026-12-01", "Bistro")
        result = imported("assignments", ("email", "shift", "date", "department"), row, **self.CHOSEN)
        assert result.saved, result.problems
        assert Schedule.objects.get().department.code == "Bistro"
        assert undo_run(result.run).deleted_besides == 2  # type: ignore[arg-type]
        assert not Department.objects.filter(code="Bistro").exists()

    @pytest.mark.parametrize("kind", ["schedules", "rules", "shifts"])
    def test_every_kind_with_a_department_can_have_a_new_one(self, kind: str) -> None:
        rows: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
            "schedules": (("department", "week"), ("Bistro", "2026-11-30")),
            "rules": (
                ("name", "kind", "min_hours", "scope", "department"),
                ("R", "rest_period", "11", "department", "Bistro"),
            ),
            "shifts": (("name", "shift_type", "start", "end", "department"), ("E", "Day", "6:00", "14:00", "Bistro")),
        }
        headers, row = rows[kind]
        result = imported(kind, headers, row, **self.CHOSEN)
        assert result.saved, (result.sentences, result.problems)
        assert KINDS[kind].kind.model._default_manager.get().department.code == "Bistro"

    def test_who_may_not_add_departments_gets_none(self) -> None:
        result = imported("employees", PEOPLE, person(1, "Bistro"), may_add=nothing, **self.CHOSEN)
        assert [problem.reason for problem in result.problems] == ["No department has the code 'Bistro'."]

    def test_who_may_not_add_skills_or_types_has_them_refused(self) -> None:
        DepartmentFactory(code="KIT")
        SkillFactory(name="Grill")
        result = imported("employees", PEOPLE, person(1, skills="Gril|grill"), may_add=nothing)
        assert [problem.reason for problem in result.problems] == [
            "No skill is called 'Gril', and you may not add skills. Did you mean 'Grill'?"
        ]
        shift = ("Early", "Day", "6:00", "14:00")
        result = imported("shifts", ("name", "shift_type", "start", "end"), shift, may_add=nothing)
        assert [problem.reason for problem in result.problems] == [
            "No shift type is called 'Day', and you may not add shift types."
        ]
        assert not ShiftType.objects.exists()
