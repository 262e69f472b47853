import datetime

import pytest

from scheduling.models import ScheduleAssignment
from scheduling.policy.records import Original, Person, WorkShift


class OriginalTests:
    @pytest.mark.parametrize("status", ScheduleAssignment.Status)
    def test_counts_unless_it_is_called_off(self, status: str) -> None:
        original = Original(1, 1, 1, datetime.date(2026, 11, 30), status, 1, ())

        assert original.counts != ScheduleAssignment(status=status).is_called_off


class NamesTests:
    def test_a_person_is_named_as_in_the_model(self) -> None:
        assert str(Person(1, "Amy", "Adams", True, None, None, 40, 1)) == "Amy Adams"

    def test_a_shift_is_named_with_its_times(self) -> None:
        shift = WorkShift(1, "Early", "Day", datetime.time(6), datetime.time(14), 0, 1, None, True)

        assert str(shift) == "Early (06:00–14:00)"
