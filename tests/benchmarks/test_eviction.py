"""The hit rates of the tiers, in small, and what a trace is made of."""

import logging

import pytest

from benchmarks import eviction
from benchmarks.page_trace import _Reads


@pytest.fixture(scope="module")
def found() -> eviction.Figures:
    return eviction.measure(20_000, [f"employee id:{number % 7}" for number in range(100)] * 2)


class MeasureTests:
    def test_has_the_promised_figures(self, found: eviction.Figures) -> None:
        assert found.keys() >= {
            *(f"{tier}_zipf_{exponent}_percent" for tier in ("lru", "lfu", "sieve") for exponent in ("07", "09", "11")),
            *("lru_after_scan_09_percent", "sieve_after_scan_09_percent", "lru_hit_us", "sieve_hit_us"),
            *("lru_trace_percent", "sieve_trace_percent", "trace_reads", "trace_keys"),
        }
        assert found["trace_keys"] == 7

    def test_sieve_hits_more_often_and_keeps_its_rate_after_a_scan(self, found: eviction.Figures) -> None:
        for exponent in ("07", "09", "11"):
            assert found[f"sieve_zipf_{exponent}_percent"] > found[f"lru_zipf_{exponent}_percent"]
        assert found["sieve_after_scan_09_percent"] >= found["sieve_before_scan_09_percent"] - 1
        assert found["lru_after_scan_09_percent"] < found["lru_before_scan_09_percent"]


class ReadsTests:
    def test_keeps_the_reads_that_the_cache_logs_and_nothing_else(self) -> None:
        reads = _Reads()
        for message, *arguments in (
            ("Hit in %s: %s", "employee", "email:amy@example.com"),
            ("%s in %s: %s", "Miss", "shift", "id:1"),
            ("Invalidated %s by %s", "shift", "save"),
        ):
            reads.emit(logging.makeLogRecord({"msg": message, "args": tuple(arguments)}))

        assert reads.found == ["employee email:amy@example.com", "shift id:1"]
