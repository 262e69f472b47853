"""What is said of two runs."""

from typing import Any

import pytest

from . import comparison
from .comparison import compare


def recorded(**changes: Any) -> dict[str, Any]:
    return {"ran": 5570, "failed": {}, "statements": 20, "rows": 30, "unannounced": [], **changes}


class CompareTests:
    def test_counts_a_failure_that_the_cache_has_brought(self) -> None:
        told, wrong = compare(recorded(failed={"a": "broken", "b": "both"}), recorded(failed={"b": "both"}))

        assert wrong == 1
        assert "a\nbroken" in told
        assert "both" not in told

    def test_does_not_count_what_asserts_our_absence(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(comparison, "ASSERT_OUR_ABSENCE", {"a": "It counts wrappers."})

        told, wrong = compare(recorded(failed={"a": "broken"}), recorded())

        assert wrong == 0
        assert "a asserts our absence: It counts wrappers." in told

    def test_counts_a_row_that_nobody_announced(self) -> None:
        told, wrong = compare(recorded(unannounced=[["a", "Row 5"]]), recorded())

        assert wrong == 1
        assert "NOT ANNOUNCED in a: Row 5" in told

    def test_counts_tests_that_did_not_run(self) -> None:
        assert compare(recorded(ran=5), recorded())[1] == 1

    def test_ends_with_the_totals(self) -> None:
        assert compare(recorded(), recorded())[0] == (
            "5,570 tests of Django: 0 fail without the cache, 0 with it only, 0 assert its absence; "
            "30 rows changed in 20 writes, 0 not announced"
        )
