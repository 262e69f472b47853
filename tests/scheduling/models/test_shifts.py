"""Shifts: their times, and what is refused."""

import datetime

import pytest
from django.db import IntegrityError

from scheduling.models import (
    Shift,
)
from tests.factories import (
    ShiftFactory,
    ShiftTypeFactory,
)
from tests.scheduling.models.refusals import refusal

pytestmark = pytest.mark.django_db


class ShiftTests:
    @pytest.mark.parametrize(
        ("start", "end", "overnight", "hours"),
        [("06:00", "14:30", False, 8.5), ("22:00", "06:00", True, 8), ("12:00", "00:00", True, 12)],
    )
    def test_lasts_from_start_to_end(self, start: str, end: str, overnight: bool, hours: float) -> None:
        shift = Shift(start_time=datetime.time.fromisoformat(start), end_time=datetime.time.fromisoformat(end))

        assert shift.is_overnight is overnight
        assert shift.duration == datetime.timedelta(hours=hours)

    def test_equal_times_are_refused(self) -> None:
        shift = ShiftFactory.build(shift_type=ShiftTypeFactory(), end_time=datetime.time(6))

        assert refusal(shift) == {"__all__": ["A shift cannot start and end at the same time."]}
        with pytest.raises(IntegrityError):
            shift.save()

    def test_a_break_as_long_as_the_shift_is_refused(self) -> None:
        shift = ShiftFactory(break_minutes=480)

        assert refusal(shift) == {"break_minutes": ["The break must be shorter than the shift."]}

    def test_at_most_fewer_than_required_is_refused(self) -> None:
        with pytest.raises(IntegrityError):
            ShiftFactory(required_staff=3, max_staff=2)
