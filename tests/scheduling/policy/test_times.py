import datetime

from scheduling.models import Shift
from scheduling.policy.times import named, with_times


class NamedTests:
    def test_has_the_times_beside_the_name(self) -> None:
        assert named("Night", datetime.time(22), datetime.time(6, 30)) == "Night (22:00–06:30)"

    def test_is_the_same_for_a_shift(self) -> None:
        shift = Shift(name="Early", start_time=datetime.time(6), end_time=datetime.time(14))

        assert with_times(shift) == "Early (06:00–14:00)"
