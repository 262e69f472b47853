"""What was counted, as a dictionary, as CSV and in one line."""

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest

from caching import UnknownCacheType, cache_manager
from caching.monitoring import reports


@pytest.fixture
def counted() -> dict[str, Any]:
    """Two reads of one type, of which one was a hit, one read of another, and an invalidation."""
    for name in ("general", "general", "employee"):
        cache_manager.get_or_load(name, "answer:1", lambda: 42)
    cache_manager.delete("employee", "answer:1")
    return cache_manager.get_stats()


class ReportTests:
    def test_has_the_totals_of_the_types(self, counted: dict[str, Any]) -> None:
        report = reports.report(counted)
        assert report["schema_version"] == reports.SCHEMA_VERSION
        assert datetime.fromisoformat(report["generated_at"]).tzinfo == UTC
        assert {name: report[name] for name in counted} == counted

    def test_of_some_types_has_the_totals_of_these_alone(self, counted: dict[str, Any]) -> None:
        report = reports.report(counted, ["general"])
        assert list(report["types"]) == ["general"]
        assert (report["hits"], report["misses"], report["hit_rate"], report["entries"]) == (1, 1, 0.5, 1)
        assert reports.invalidations(report) == 0

    def test_counts_a_type_once_that_is_named_twice(self, counted: dict[str, Any]) -> None:
        assert reports.report(counted, ["general", "general"])["total_requests"] == 2

    def test_of_a_type_without_reads_has_no_hit_rate(self, counted: dict[str, Any]) -> None:
        assert reports.report(counted, ["shift"])["hit_rate"] is None

    def test_an_unknown_type_is_refused(self, counted: dict[str, Any]) -> None:
        with pytest.raises(UnknownCacheType):
            reports.report(counted, ["generl"])


class RowsTests:
    def test_give_each_type_before_its_kinds(self, counted: dict[str, Any]) -> None:
        names = [(name, kind) for name, kind, _ in reports.rows(reports.report(counted, ["general", "shift"]))]
        assert names == [("general", ""), ("general", "answer"), ("shift", "")]


class AsLineTests:
    def test_has_reads_entries_and_invalidations(self, counted: dict[str, Any]) -> None:
        report = {**reports.report(counted, ["general", "employee"]), "generated_at": "now"}
        assert reports.as_line(report) == (
            "now 3 reads, 33.3% from the cache, 1 entries held, 1 invalidations, 0 errors"
        )

    def test_says_when_there_were_no_reads(self) -> None:
        assert " no reads yet, 0 entries held" in reports.as_line(reports.report(cache_manager.get_stats()))


class LearnedTests:
    def test_says_which_time_to_live_was_learned_and_from_what(self) -> None:
        counts = {"ttl": 600, "learned_ttl": 4800, "polls": 212, "drifted": 0}
        few = {**counts, "polls": 3}
        some = {**counts, "learned_ttl": 150.4, "drifted": 1234}
        report = {"types": {"employee": {"kinds": {"id": counts, "email": few, "user": some}}}}
        assert list(reports.learned(report)) == [
            "employee by id: 600 s -> 4,800 s: 212 polls, none had changed",
            "employee by user: 600 s -> 150 s: 212 polls, 1,234 had changed",
        ]


class RateTests:
    @pytest.mark.parametrize(
        ("rate", "words"), [(None, "no reads yet"), (0.0, "0.0%"), (2 / 3, "66.7%"), (1.0, "100.0%")]
    )
    def test_is_a_percentage(self, rate: float | None, words: str) -> None:
        assert reports.rate({"hit_rate": rate}) == words


class AsCsvTests:
    def test_has_a_line_per_type_and_kind(self, counted: dict[str, Any]) -> None:
        report = reports.report(counted, ["employee", "shift"])
        lines = list(csv.DictReader(io.StringIO(reports.as_csv(report))))
        assert [(line["type"], line["kind"], line["misses"]) for line in lines] == [
            ("employee", "", "1"),
            ("employee", "answer", "1"),
            ("shift", "", "0"),
        ]
        assert (lines[0]["invalidations_call"], lines[2]["hit_rate"]) == ("1", "")

    def test_without_a_header_can_be_appended(self, counted: dict[str, Any]) -> None:
        report = reports.report(counted, ["general"])
        with_header, without = reports.as_csv(report), reports.as_csv(report, header=False)
        assert with_header.endswith(without)
        assert with_header.count("\n") == without.count("\n") + 1
