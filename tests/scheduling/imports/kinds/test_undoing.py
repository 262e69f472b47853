import datetime

import pytest

from scheduling.imports.undo_runs import undo_run
from scheduling.models import (
    ImportRun,
    Rule,
    Schedule,
    ScheduleAssignment,
    Shift,
    ShiftType,
    Skill,
)
from tests.factories import (
    EmployeeFactory,
    RuleFactory,
    ScheduleAssignmentFactory,
    ScheduleFactory,
    ShiftFactory,
)
from tests.scheduling.imports.undone import DAY, imported, reasons

pytestmark = pytest.mark.django_db


class KindUndoTests:
    def test_leaves_shifts_and_skills_that_a_rule_names(self) -> None:
        header = ["name", "type", "start", "end", "skills"]
        run = imported(
            "shifts", header, ["Early", "Day", "6:00", "14:00", "Bar"], ["Late", "Day", "14:00", "22:00", ""]
        )
        RuleFactory(name="Only early", kind=Rule.Kind.PREFERENCE, parameters={"shifts": ["Early"]})

        result = undo_run(run.pk)

        assert Shift.objects.get().name == "Early"
        assert ("Early", "The rule 'Only early' names it.") in result.left
        assert (ShiftType.objects.count(), Skill.objects.count()) == (1, 1)

    @pytest.mark.parametrize("status", ["published", "archived"])
    def test_changes_nothing_in_a_published_plan(self, plan: ImportRun, status: str) -> None:
        Schedule.objects.update(status=status)

        result = undo_run(plan.pk)

        assert ScheduleAssignment.objects.count() == 2
        assert "cannot be changed" in reasons(result)[0]

    def test_puts_nothing_back_that_the_policy_refuses(self) -> None:
        kitchen = ScheduleFactory(week_start=datetime.date(2026, 11, 30))
        amy = EmployeeFactory(email="amy@example.com", department=kitchen.department)
        early = ShiftFactory(name="Early")
        ScheduleAssignmentFactory(schedule=kitchen, employee=amy, shift=early, date=DAY)
        run = imported(
            "assignments", ["email", "shift", "date", "status"], ["amy@example.com", "Early", str(DAY), "cancelled"]
        )
        ScheduleAssignmentFactory(schedule=kitchen, employee=amy, shift=ShiftFactory(), date=DAY)

        result = undo_run(run.pk)

        assert ScheduleAssignment.objects.get(shift=early).status == "cancelled"
        assert len(result.left) == 1
