import datetime

import pytest

from scheduling.models import Rule
from scheduling.policy import check_planned, many
from scheduling.policy.many import check_many
from scheduling.policy.records import Planned
from tests.factories import EmployeeFactory, ScheduleFactory, ShiftFactory

pytestmark = pytest.mark.django_db
MONDAY = datetime.date(2026, 11, 30)


def planned_rows() -> list[Planned]:
    """Return a week of three people with overlaps, too little rest, too many people and too few."""
    schedule = ScheduleFactory(week_start=MONDAY)
    people = [EmployeeFactory(department=schedule.department, max_hours_per_week=20) for _ in range(3)]
    early = ShiftFactory(start_time="06:00", end_time="14:00", max_staff=2, required_staff=1)
    late = ShiftFactory(start_time="13:00", end_time="21:00", required_staff=3)
    rows = []
    for day in range(7):
        for person in people:
            for shift in (early, late):
                rows.append(
                    Planned(
                        position=len(rows),
                        pk=None,
                        employee=person.pk,
                        shift=shift.pk,
                        date=MONDAY + datetime.timedelta(days=day),
                        schedule=schedule.pk,
                        status="assigned",
                        source=len(rows),
                    )
                )
    return [row for row in rows if row.position % 5]


@pytest.mark.parametrize("at_once", [1, 5, 14, 1000])
def test_in_parts_the_same_is_found_in_the_same_order(at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = {row.position: row for row in planned_rows()}
    size = max(rows) + 1
    together = check_planned(list(rows.values()), rules=Rule.objects.active_rules(), using="default")
    assert {finding.code for finding in together} >= {
        "no_overlapping_shifts",
        "hours_per_week",
        "not_over_max_staff",
        "enough_staff",
    }
    monkeypatch.setattr(many, "MAX_AT_ONCE", at_once)

    found = check_many(
        list(rows),
        rows.__getitem__,
        employees=[rows[place].employee if place in rows else None for place in range(size)],
        dates=[rows[place].date if place in rows else None for place in range(size)],
        rules=Rule.objects.active_rules(),
        using="default",
    )

    assert found == together
