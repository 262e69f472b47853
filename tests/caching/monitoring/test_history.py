"""The history: what was counted over time."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from caching.models import CacheSample
from caching.monitoring import history
from caching.monitoring.stats import COUNTERS, CacheStats
from caching.testing import fill_history

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 30, 12, 0, 0, tzinfo=UTC)


def counted(**counts: int) -> CacheStats:
    return CacheStats(counts=MappingProxyType({**dict.fromkeys(COUNTERS, 0), **counts}))


def record(at: datetime, host: str = "one", **kinds: CacheStats) -> int:
    return history.record(lambda: {name.replace("__", "/"): stats for name, stats in kinds.items()}, at, host=host)


def hits(period: str, now: datetime, **options: int) -> int:
    return sum(point.total["hits_local"] for point in history.points(period, now, **options))


class CrashError(Exception):
    pass


class RecordTests:
    def test_stores_growth_and_not_totals(self) -> None:
        record(NOON, employee__email=counted(hits_local=5))
        record(NOON + timedelta(minutes=1), employee__email=counted(hits_local=7))
        record(NOON + timedelta(minutes=2), employee__email=counted(hits_local=7))
        found = [point.total["hits_local"] for point in history.points("15m", NOON + timedelta(minutes=2))]
        assert found == [5, 2]

    def test_two_samples_of_one_minute_share_a_row(self) -> None:
        record(NOON, employee__email=counted(hits_local=5))
        record(NOON + timedelta(seconds=30), employee__email=counted(hits_local=6, misses=1))
        rows = CacheSample.objects.filter(seconds=60)
        assert [row.counts for row in rows] == [{"hits_local": 6, "misses": 1}]

    def test_counts_that_have_fallen_begin_again(self) -> None:
        record(NOON, employee__email=counted(hits_local=5))
        record(NOON + timedelta(minutes=1), employee__email=counted(hits_local=2))
        assert hits("15m", NOON + timedelta(minutes=1)) == 7

    def test_a_kind_without_reads_has_no_row(self) -> None:
        assert record(NOON, employee__email=counted(hits_local=1), rule__id=counted(entries=4)) == 1
        assert set(CacheSample.objects.filter(seconds=60).values_list("type", flat=True)) == {"employee"}

    def test_a_gauge_is_that_of_the_newest_sample(self) -> None:
        record(NOON, employee__=counted(misses=1, entries=9))
        record(NOON + timedelta(seconds=20), employee__=counted(misses=2, entries=4))
        (point,) = history.points("15m", NOON + timedelta(minutes=1))
        assert (point.total["entries"], point.total["misses"]) == (4, 2)

    def test_hosts_add_up(self) -> None:
        for host in ("one", "two"):
            record(NOON, host, employee__email=counted(hits_local=5))
        assert hits("15m", NOON) == 10
        assert history.hosts(NOON) == {"one": NOON, "two": NOON}

    @pytest.mark.django_db(transaction=True)
    def test_a_crash_loses_nothing_and_counts_nothing_twice(self, monkeypatch: pytest.MonkeyPatch) -> None:
        record(NOON, employee__email=counted(hits_local=5))
        update_or_create = type(CacheSample.objects.all()).update_or_create

        def crash(*args: Any, **kwargs: Any) -> Any:
            raise CrashError

        monkeypatch.setattr(type(CacheSample.objects.all()), "update_or_create", crash)
        with pytest.raises(CrashError):
            record(NOON + timedelta(minutes=1), employee__email=counted(hits_local=9))
        monkeypatch.setattr(type(CacheSample.objects.all()), "update_or_create", update_or_create)
        assert hits("15m", NOON + timedelta(minutes=1)) == 5
        record(NOON + timedelta(minutes=2), employee__email=counted(hits_local=9))
        assert hits("15m", NOON + timedelta(minutes=2)) == 9

    @hypothesis_settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        st.lists(
            st.tuples(
                st.integers(1, 3000),
                st.sampled_from(["employee/email", "employee/id", "rule/id"]),
                st.integers(0, 9),
                st.sampled_from(["one", "two"]),
                st.booleans(),
            ),
            max_size=12,
        )
    )
    def test_what_is_counted_is_found_once_in_every_period(self, steps: list[tuple[int, str, int, str, bool]]) -> None:
        CacheSample.objects.all().delete()
        now = NOON
        counts: dict[str, Counter[str]] = {"one": Counter(), "two": Counter()}
        moments: list[tuple[datetime, int]] = []
        waiting = {"one": 0, "two": 0}
        for seconds, kind, number, host, samples in steps:
            now += timedelta(seconds=seconds)
            counts[host][kind] += number
            waiting[host] += number
            if samples:
                found = {name: counted(hits_local=total) for name, total in counts[host].items()}
                history.record(lambda found=found: found, now, host=host)  # type: ignore[misc]
                moments.append((now, waiting[host]))
                waiting[host] = 0
        for period in ("24h", "7d", "30d"):
            assert hits(period, now) == sum(number for _, number in moments)
        for period in history.PERIODS:
            found = history.points(period, now)
            summary = history.summary(period, now)
            assert summary.stretches == {point.at: point.total for point in found}
            assert sum(summary.kinds.values(), CacheStats()) == sum((point.total for point in found), CacheStats())
        within_an_hour = sum(number for at, number in moments if at > now - timedelta(hours=1))
        in_the_minute_before = sum(
            number for at, number in moments if now - timedelta(minutes=62) < at <= now - timedelta(hours=1)
        )
        assert within_an_hour <= hits("1h", now) <= within_an_hour + in_the_minute_before


class SizeTests:
    def test_thirty_days_of_two_hosts_stay_small_and_are_read_by_one_query(self) -> None:
        kinds = {f"type{number}/id": {"hits_local": 1} for number in range(25)}
        assert fill_history(kinds, NOON, hosts=("one", "two")) <= 120_000
        for period in history.PERIODS:
            with CaptureQueriesContext(
                connection,
            ) as queries:
                assert history.points(period, NOON)
            assert len(queries) == 1

    def test_rows_go_when_their_time_has_passed(self) -> None:
        record(NOON, employee__email=counted(hits_local=1))
        later = NOON + timedelta(days=31)
        record(later, employee__email=counted(hits_local=2))
        assert (
            CacheSample.objects.exclude(at=datetime(2000, 1, 1, tzinfo=UTC))
            .filter(at__lt=later - timedelta(hours=12))
            .count()
            == 0
        )

    @pytest.mark.parametrize("period", ["1h", "6h", "24h", "7d"])
    def test_the_whole_period_before_is_kept(self, period: str) -> None:
        length = history.PERIODS[period]
        record(NOON - 2 * length + timedelta(minutes=1), employee__email=counted(hits_local=3))
        record(NOON, employee__email=counted(hits_local=7))
        assert (hits(period, NOON), hits(period, NOON, back=1)) == (4, 3)

    def test_the_month_is_kept(self) -> None:
        record(NOON - timedelta(days=30) + timedelta(minutes=1), employee__email=counted(hits_local=3))
        record(NOON, employee__email=counted(hits_local=7))
        assert hits("30d", NOON) == 7

    def test_the_period_before_ends_where_this_one_begins(self) -> None:
        record(NOON - timedelta(minutes=90), employee__email=counted(hits_local=3))
        record(NOON, employee__email=counted(hits_local=7))
        assert (hits("1h", NOON), hits("1h", NOON, back=1)) == (4, 3)
