"""Filters of shifts and their types."""

import datetime

import pytest

from scheduling.models import Shift, ShiftType
from tests.factories import (
    MONDAY,
    ScheduleAssignmentFactory,
    ScheduleFactory,
    ShiftFactory,
    ShiftTypeFactory,
)

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)


class ActiveTests:
    def test_leaves_out_what_is_not_active(self) -> None:
        shift = ShiftFactory()
        ShiftFactory(active=False, shift_type=ShiftTypeFactory(active=False))

        assert Shift.objects.active().get() == shift
        assert ShiftType.objects.in_use().get() == shift.shift_type


class StaffTests:
    def test_counts_the_employees_of_a_day(self) -> None:
        shift = ShiftFactory(required_staff=2, max_staff=3)
        ScheduleAssignmentFactory(shift=shift)
        ScheduleAssignmentFactory(shift=shift, date=MONDAY + DAY)
        counted = Shift.objects.with_staff_on(MONDAY).get()

        assert (counted.people, counted.required, counted.most) == (1, 2, 3)

    def test_a_department_whose_people_have_all_declined_needs_its_staff_too(self) -> None:
        shift = ShiftFactory(required_staff=2, max_staff=3)
        ScheduleAssignmentFactory(shift=shift)
        ScheduleAssignmentFactory(shift=shift, status="declined")

        counted = Shift.objects.with_staff_on(MONDAY).get()

        assert (counted.people, counted.required, counted.most) == (1, 4, 6)

    @pytest.mark.parametrize(("people", "how"), [(0, "under"), (1, "full"), (2, "over")])
    def test_filters_by_them(self, people: int, how: str) -> None:
        shift, schedule = ShiftFactory(required_staff=1, max_staff=1), ScheduleFactory()
        ScheduleAssignmentFactory.create_batch(people, shift=shift, schedule=schedule)

        found = {name for name in ("under", "full", "over") if Shift.objects.with_staff_on(MONDAY).staffed(name)}

        assert found == {how}
