"""The figures of the page: state, scope, cards and the table by type."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import translation

from caching import cache_manager
from caching.admin.figures import PERIODS, SORTS, WITHOUT_A_PREVIOUS, Figures, state_in_words
from caching.monitoring import history
from caching.monitoring.stats import COUNTERS
from tests.caching.admin.conftest import NOW, counted

pytestmark = pytest.mark.django_db
WELL: dict[str, Any] = {"enabled": True, "degraded": False, "breaker_open": False, "shared": False, "outbox": 0}


def record(host: str = "", ago: timedelta = timedelta(0), name: str = "employee/email", **counts: int) -> None:
    history.record(lambda: {name: counted(**counts)}, NOW - ago, host=host or history.host_name())


def card(name: str, period: str = "1h") -> tuple[str, str, bool]:
    (found,) = [card for card in Figures(period, NOW).cards() if card.name == name]
    return found.value, found.note, found.bad


class StateInWordsTests:
    def test_enabled(self) -> None:
        assert state_in_words(WELL) == ["The cache is switched on and serves."]

    def test_disabled(self) -> None:
        assert state_in_words({**WELL, "enabled": False}) == [
            "The cache is switched off by the settings: every read asks the database."
        ]

    def test_degraded_with_what_that_means(self) -> None:
        sentences = state_in_words({**WELL, "degraded": True, "breaker_open": True, "outbox": 2})
        assert sentences[0].startswith("The cache is degraded: this process cannot reach the generations. What it")
        assert "for at most 5 s" in sentences[0]
        assert sentences[1:] == [
            "The shared tier is not used at the moment, because of its faults.",
            "2 invalidations wait in the outbox.",
        ]

    def test_an_outbox_that_cannot_be_read_is_not_mentioned(self) -> None:
        assert len(state_in_words({**WELL, "outbox": None})) == 1


class ScopeTests:
    def test_one_host(self) -> None:
        record(hits_local=1)
        assert Figures("1h", NOW).scope == "1 host, 1 process of this host, figures up to now"

    def test_others_with_the_age_of_the_oldest(self) -> None:
        record("two", timedelta(minutes=2), hits_local=1)
        record("three", timedelta(minutes=1), hits_local=1)
        assert Figures("1h", NOW).scope == ("3 hosts, 1 process of this host, figures of other hosts at most 120 s old")


class CardsTests:
    def test_nothing_is_neither_zero_nor_nan(self) -> None:
        assert card("Hit rate") == ("no reads yet", "target: 70 %; no figures of the period before", False)
        assert card("Database time saved")[0] == "–"
        assert card("Load time") == ("–", "nothing was loaded", False)
        assert card("Verified") == ("0", "nothing was compared with the database", False)

    def test_the_hit_rate_against_the_target_and_the_period_before(self) -> None:
        record(ago=timedelta(minutes=90), hits_local=9, misses=1)
        record(hits_local=15, misses=5)
        assert card("Hit rate") == ("60.0 %", "below the target of 70 %; 90.0 % in the period before", True)
        record(hits_local=95, misses=5)
        assert card("Hit rate")[1] == "above the target of 70 %; 90.0 % in the period before"

    def test_the_month_before_is_not_kept_and_the_week_before_is(self) -> None:
        record(ago=timedelta(days=10), hits_local=9, misses=1)
        record(hits_local=10, misses=1)
        assert card("Hit rate", "7d")[1] == "above the target of 70 %; 90.0 % in the period before"
        assert card("Hit rate", WITHOUT_A_PREVIOUS)[1] == "above the target of 70 %; no figures of the period before"

    def test_saved_is_hits_times_the_time_of_a_load(self) -> None:
        record(hits_local=1000, misses=10, loads=10, load_ns=10 * 10**7)
        assert card("Database time saved") == ("10.0 s", "by 1,000 hits, each of which would have been a load", False)

    def test_hosts_add_up(self) -> None:
        record(hits_local=5, misses=1, bypasses=2)
        record("two", hits_local=5, misses=1)
        assert card("Reads") == ("12", "and 2 inside of writes", False)

    def test_invalidations_name_the_commonest_causes(self) -> None:
        record(invalidated_save=3, invalidated_bulk=5, invalidated_m2m=1, invalidated_call=2, misses=1)
        assert card("Invalidations") == ("11", "bulk write 5, saved 3, by code 2", False)

    def test_errors_and_stale_entries_are_marked(self) -> None:
        record(errors=2, verified=300, misses=1)
        assert card("Errors") == ("2", "of the shared tier", True)
        assert card("Verified") == ("300", "0 of 300 were stale: below 1.00 % at 95 %", False)
        record("two", verified=10, found_stale=1, misses=1)
        assert card("Verified") == ("310", "1 of 310 were stale", True)

    def test_entries_are_those_of_now(self) -> None:
        assert card("Entries now") == ("0", "about 0 B of 5.0 MB, on this host", False)


class RowsTests:
    def test_every_type_has_a_row_with_its_kinds(self) -> None:
        record(hits_local=8, misses=2)
        rows = {row.name: row for row in Figures("1h", NOW).rows("type")}
        assert list(rows) == sorted(rows)
        row = rows["employee"]
        assert (row.reads, row.hit_rate, row.is_low, row.limit) == ("10", "80.0 %", False, 1000)
        assert [(kind.name, kind.reads) for kind in row.kinds] == [("email", "10")]
        assert (rows["rule"].hit_rate, rows["rule"].is_low) == ("no reads yet", False)

    @pytest.mark.parametrize("column", SORTS)
    def test_can_be_sorted_by_each_column_both_ways(self, column: str) -> None:
        record(hits_local=8, misses=2, loads=2, load_ns=10**6, loads_within_64us=2, errors=1, evicted_size=1)
        record("two", name="rule/id", hits_local=1, misses=2, invalidated_save=4)
        figures = Figures("1h", NOW)
        for sort in (column, f"-{column}"):
            values = [SORTS[column](row) for row in figures.rows(sort)]
            assert values == sorted(values, reverse=sort.startswith("-"))

    @pytest.mark.parametrize(
        ("language", "changed", "words"),
        [
            ("en", 0, "600 s → 4,800 s: 212 polls, none had changed"),
            ("en", 200, "600 s → 150 s: 412 polls, 200 had changed"),
            ("de", 0, "600 s → 4.800 s: 212 Stichproben, keine hatte sich geändert"),
            ("de", 200, "600 s → 150 s: 412 Stichproben, 200 hatten sich geändert"),
        ],
    )
    def test_says_which_time_to_live_was_learned_and_from_what(self, language: str, changed: int, words: str) -> None:
        recorder = cache_manager.runtime.opened().recorder
        row = recorder.row("employee", "email")
        for counter, number in {
            "polls_unchanged": 212,
            "polls_unchanged_ms": 212 * 600_000,
            "polls_changed_within_1024s": changed,
            "polls_changed_ms_within_1024s": changed * 600_000,
        }.items():
            recorder.view[row + COUNTERS.index(counter)] = number
        record(hits_local=1)

        with translation.override(language):
            (employee,) = (row for row in Figures("1h", NOW).rows("type") if row.name == "employee")

        assert [kind.learned for kind in employee.kinds if kind.name == "email"] == [words]

    def test_says_when_a_type_was_invalidated_last(self) -> None:
        cache_manager.delete("employee", "email:amy@example.com")
        rows = {row.name: row for row in Figures("1h", NOW).rows("type")}
        assert rows["employee"].last is not None
        assert rows["rule"].last is None

    def test_every_period_of_the_history_has_a_name(self) -> None:
        assert list(PERIODS) == list(history.PERIODS)
