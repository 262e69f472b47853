"""What full caches take, in small."""

import pytest

from benchmarks import memory

pytestmark = pytest.mark.django_db(transaction=True)


class MeasureTests:
    def test_the_estimate_is_near_what_was_allocated(self) -> None:
        found = memory.measure(0.1)

        assert found.keys() >= {"all_types_mb", "abs_estimate_error_percent", "employee_mb", "general_mb"}
        # Of a tenth of the rows one in 64 is measured too, which is a few of each type.
        assert found["abs_estimate_error_percent"] < 30
        assert abs(found["all_types_estimate_mb"] / found["all_types_mb"] - 1) < 0.2
