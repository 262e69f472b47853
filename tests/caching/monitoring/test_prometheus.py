"""The counts as Prometheus reads them."""

from collections.abc import Mapping
from typing import Any

import pytest
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from caching import cache_manager
from caching.monitoring.prometheus import exposition

STATE = {"cache_enabled": 1.0, "cache_degraded": 0.0, "cache_breaker_open": 0.0, "cache_outbox_size": 0.0}


def families() -> Mapping[str, Metric]:
    content, _ = exposition(cache_manager.get_stats(all_processes=True), STATE, "")
    return {family.name: family for family in text_string_to_metric_families(content.decode())}


@pytest.fixture(autouse=True)
def _counts_of_its_own(settings: Any, tmp_path: Any) -> None:
    settings.CACHING = {**settings.CACHING, "DIRECTORY": str(tmp_path)}


def read_something() -> None:
    for _ in range(5):
        cache_manager.get_or_load("general", "id:1", lambda: 1)


class ExpositionTests:
    def test_is_what_the_official_parser_reads(self) -> None:
        read_something()
        found = families()
        assert set(found) == {
            *("cache_gets", "cache_hits", "cache_bypasses", "cache_puts", "cache_waits", "cache_refusals"),
            *("cache_verified", "cache_found_stale", "cache_evictions", "cache_invalidations", "cache_errors"),
            *("cache_load_duration_seconds", "cache_size", "cache_size_limit", "cache_bytes", "cache_processes"),
            *("cache_enabled", "cache_degraded", "cache_breaker_open", "cache_outbox_size"),
        }
        gets = {
            sample.labels["result"]: sample.value
            for sample in found["cache_gets"].samples
            if (sample.labels["cache"], sample.labels["kind"]) == ("general", "id")
        }
        assert gets == {"hit": 4, "miss": 1}

    def test_the_histogram_of_load_times_adds_up(self) -> None:
        read_something()
        samples = [
            sample
            for sample in families()["cache_load_duration_seconds"].samples
            if (sample.labels["cache"], sample.labels["kind"]) == ("general", "id")
        ]
        buckets = [sample.value for sample in samples if sample.name.endswith("_bucket")]
        assert buckets == sorted(buckets)
        assert [sample.value for sample in samples if sample.name.endswith("_count")] == [buckets[-1]] == [1]

    def test_names_no_key(self) -> None:
        cache_manager.get_or_load("general", "email:amy@example.com", lambda: 1)
        assert b"amy" not in exposition(cache_manager.get_stats(all_processes=True), STATE, "")[0]

    def test_speaks_openmetrics_when_asked(self) -> None:
        accept = "application/openmetrics-text; version=1.0.0"
        content, content_type = exposition(cache_manager.get_stats(all_processes=True), STATE, accept)
        assert content_type.startswith("application/openmetrics-text")
        assert content.endswith(b"# EOF\n")
