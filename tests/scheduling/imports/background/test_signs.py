import pytest

from scheduling.imports.background.signs import BEAT_SECONDS, SILENT_SECONDS, Signs


def test_a_killed_process_is_noticed_within_15_seconds() -> None:
    """Its last sign, the silence after which it counts as dead, and the two seconds after which the page asks again."""
    assert SILENT_SECONDS + BEAT_SECONDS + 2 < 15
    assert SILENT_SECONDS >= 3 * BEAT_SECONDS


def test_there_is_nothing_that_a_kind_of_signs_may_leave_out() -> None:
    with pytest.raises(TypeError):
        Signs(None)  # type: ignore[abstract, arg-type]
