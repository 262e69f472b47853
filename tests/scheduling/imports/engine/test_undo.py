import pytest

from scheduling.imports.undo_runs import undo_run
from scheduling.models import (
    Department,
    Employee,
    ImportRun,
    Schedule,
    ScheduleAssignment,
    Skill,
)
from tests.factories import (
    DepartmentFactory,
    EmployeeFactory,
    ScheduleAssignmentFactory,
    SkillFactory,
)
from tests.scheduling.imports.undone import imported, reasons

pytestmark = pytest.mark.django_db


class UndoTests:
    def test_deletes_new_rows_and_what_was_created_besides(self, plan: ImportRun) -> None:
        result = undo_run(plan.pk)

        assert not ScheduleAssignment.objects.exists()
        assert not Schedule.objects.exists()
        assert (len(result.deleted), result.deleted_besides, result.left) == (2, 1, [])
        assert result.summary == (
            "0 rows put back, 2 new rows deleted, 1 row deleted that was created besides, 0 rows left as they are."
        )

    def test_puts_changed_rows_back(self) -> None:
        amy = EmployeeFactory(email="amy@example.com", role="Cook", max_hours_per_week=38, skills=[SkillFactory()])
        run = imported("employees", ["email", "role", "skills", "max hours"], ["amy@example.com", "Chef", "Bar", "20"])

        undo_run(run.pk)

        amy.refresh_from_db()
        assert (amy.role, amy.max_hours_per_week) == ("Cook", 38)
        assert amy.skills.get().name != "Bar"
        assert not Skill.objects.filter(name="Bar").exists()

    def test_leaves_what_somebody_has_changed_or_deleted_and_says_so(self, plan: ImportRun) -> None:
        amy, bob = ScheduleAssignment.objects.order_by("pk")
        ScheduleAssignment.objects.filter(pk=amy.pk).update(status="confirmed", notes="at nine")
        bob.delete()

        result = undo_run(plan.pk)

        assert ScheduleAssignment.objects.get().status == "confirmed"
        assert reasons(result)[:2] == ["Changed since: status, notes.", "It was deleted since."]
        assert str(amy.employee) in result.left[0][0]
        assert "Early" in result.left[1][0]
        assert result.run is None

    def test_keeps_a_draft_that_others_plan_in(self, plan: ImportRun) -> None:
        ScheduleAssignmentFactory(schedule=Schedule.objects.get())

        result = undo_run(plan.pk)

        assert ScheduleAssignment.objects.count() == 1
        assert reasons(result) == ["It is used by others now: assignments."]
        assert ImportRun.objects.get(pk=plan.pk).outcome == "undone"

    def test_leaves_new_rows_that_something_refers_to(self) -> None:
        DepartmentFactory(code="KIT")
        header = ["employee_number", "email", "first_name", "last_name", "department"]
        run = imported(
            "employees", header, ["1", "a@example.com", "Amy", "Reed", "KIT"], ["2", "", "Bob", "Ash", "KIT"]
        )
        ScheduleAssignmentFactory(employee=Employee.objects.get(employee_number="1"))

        result = undo_run(run.pk)

        assert Employee.objects.filter(employee_number__in="12").count() == 1
        assert result.left == [("Amy Reed", "It is used by others now: assignments.")]
        assert ScheduleAssignment.objects.exists()

    def test_a_tree_of_new_departments_goes_from_below(self) -> None:
        old = DepartmentFactory(code="OLD")
        header = ["code", "name", "parent"]
        run = imported("departments", header, ["A", "A", ""], ["B", "B", "A"], ["C", "C", "B"], ["OLD", old.name, "C"])

        result = undo_run(run.pk)

        assert Department.objects.get().parent is None
        assert (len(result.restored), len(result.deleted)) == (1, 3)

    def test_keeps_the_departments_above_one_that_is_left(self) -> None:
        run = imported("departments", ["code", "name", "parent"], ["A", "A", ""], ["B", "B", "A"], ["C", "C", ""])
        Department.objects.filter(code="B").update(description="mine")

        result = undo_run(run.pk)

        assert set(Department.objects.values_list("code", flat=True)) == {"A", "B"}
        assert sorted(reasons(result)) == ["Changed since: description.", "It is used by others now: departments."]

    def test_makes_no_circle_in_the_tree(self) -> None:
        top, below = DepartmentFactory(code="TOP"), DepartmentFactory(code="LOW")
        below.parent = top
        below.save()
        run = imported("departments", ["code", "parent"], ["LOW", ""])
        Department.objects.filter(pk=top.pk).update(parent=below)

        result = undo_run(run.pk)

        assert Department.objects.get(code="LOW").parent is None
        assert len(result.left) == 1

    def test_addresses_that_were_exchanged_are_exchanged_again(self) -> None:
        people = [EmployeeFactory(employee_number=number, email=f"{number}@example.com") for number in "12"]
        header = ["employee_number", "email", "first_name", "last_name"]
        one, two = people
        run = imported(
            "employees",
            header,
            ["1", "2@example.com", one.first_name, one.last_name],
            ["2", "1@example.com", two.first_name, two.last_name],
        )

        undo_run(run.pk)

        for person in people:
            assert Employee.objects.get(pk=person.pk).email == person.email
            assert Employee.objects.get(pk=person.pk).employee_number == person.employee_number

    def test_leaves_an_address_to_who_has_it_now(self) -> None:
        amy = EmployeeFactory(employee_number="1", email="amy@example.com")
        run = imported("employees", ["employee_number", "email"], ["1", "reed@example.com"])
        EmployeeFactory(email="amy@example.com")

        result = undo_run(run.pk)

        amy.refresh_from_db()
        assert amy.email == "reed@example.com"
        assert reasons(result) == ["Another row has this e-mail already."]
