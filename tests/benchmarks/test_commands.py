"""The commands in small: they start what they need, end by themselves and write every figure they promise."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import scale

ROOT = Path(__file__).resolve().parent.parent.parent
MAY_BE_ZERO = {
    *("unwatched_extra_us", "stats_hit_us", "load_errors_3", "worker_growth_mb"),
    *("reads_that_waited", "queries_per_write_16_refill", "fault_worker_killed_lost_requests", "fault_lost_requests"),
}


def figures(tmp_path: Path, command: str, *options: str) -> dict[str, float]:
    """Run a benchmark; return what it wrote."""
    file = tmp_path / "figures.json"
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{command}", *options, "--json", str(file)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, float] = json.loads(file.read_text())
    signed = {name for name in found if name.endswith("_estimate_error_percent")}
    assert all(value > 0 for name, value in found.items() if name not in MAY_BE_ZERO | signed), found
    return found


class ReadsTests:
    @pytest.mark.long
    def test_one_turn_on_the_second_store(self, tmp_path: Path) -> None:
        found = figures(tmp_path, "reads", "--redis", "--rounds", "1", "--entries", "1000")

        assert found.keys() >= {
            *("local_hit_us", "local_hit_busy_us", "redis_local_hit_us", "redis_local_hit_busy_us", "shared_hit_us"),
            *("django_redis_get_us", "cacheops_hit_us", "shared_get_many_1000_us", "clear_10_us", "clear_100000_us"),
            *("floor_us", "local_hit_to_floor_ratio", "redis_local_hit_to_floor_ratio"),
        }
        # What no noise of a machine can hide.
        assert found["floor_us"] < found["local_hit_us"]
        assert found["redis_local_hit_us"] < found["shared_hit_us"] < found["shared_get_many_1000_us"]
        assert found["get_many_to_gets_ratio"] < 1
        # Noise is more than an addition costs, but not more than a hit.
        assert abs(found["stats_hit_us"]) < found["local_hit_us"]


class MonitoringTests:
    def test_one_round(self, tmp_path: Path) -> None:
        found = figures(tmp_path, "monitoring", "--rounds", "1")

        assert found.keys() == {
            *("rows_30_days", "dashboard_30_days_ms", "dashboard_30_days_queries"),
            *("sample_write_ms", "log_publish_us", "select_watch_us", "metrics_ms"),
        }
        # What no noise of a machine can change.
        assert found["rows_30_days"] <= 120_000
        assert found["dashboard_30_days_queries"] <= 12


class MemoryTests:
    def test_the_estimate_is_near_what_was_allocated(self, tmp_path: Path) -> None:
        found = figures(tmp_path, "memory", "--share", "0.1")

        assert found.keys() >= {"all_types_mb", "abs_estimate_error_percent", "employee_mb", "general_mb"}
        # Of a tenth of the rows one in 64 is measured too, which is a few of each type.
        assert found["abs_estimate_error_percent"] < 30
        assert abs(found["all_types_estimate_mb"] / found["all_types_mb"] - 1) < 0.2


class HotTests:
    @pytest.mark.long
    def test_a_moment(self, tmp_path: Path) -> None:
        found = figures(tmp_path, "hot", "--seconds", "6")

        assert found.keys() >= {"hit_p99_idle_us", "hit_p99_renewing_us", "hit_p9999_renewing_us"}
        assert found["reads_that_waited"] == 0


class HerdTests:
    @pytest.mark.long
    def test_three_readers(self, tmp_path: Path) -> None:
        found = figures(tmp_path, "herd", "--writes", "2", "--readers", "3")

        assert (found["loads_valkey"], found["loads_event_loop"]) == (1, 1)
        assert found["loads_memory"] <= 4
        assert (found["queries_per_write_16"], found["queries_per_write_16_refill"]) == (1, 0)


class LoadTests:
    @pytest.mark.long
    def test_three_planners_for_a_moment(self, tmp_path: Path) -> None:
        found = figures(tmp_path, "load", "--database", "sqlite", "--seconds", "2", "--clients", "3")

        assert found.keys() >= {"load_rps_3", "load_p50_ms_3", "load_p95_ms_3", "load_p99_ms_3", "worker_growth_mb"}
        assert found["load_errors_3"] == 0
        assert found["load_p50_ms_3"] <= found["load_p95_ms_3"] <= found["load_p99_ms_3"]
        # A killed worker loses what it has received: one request of each client, of which there are sixteen then.
        assert found["fault_worker_killed_lost_requests"] <= 16


class ScaleTests:
    @pytest.mark.long
    def test_two_processes_for_a_second(self, tmp_path: Path) -> None:
        found = figures(tmp_path, "scale", "--seconds", "1", "--most", "2", "--keys", "20000")

        assert found["2_processes_pushes_per_write"] > found["1_processes_pushes_per_write"] >= 1
        assert found["1_processes_commands_per_write"] >= 2  # begin and end
        assert found["generations_mb_per_million"] < found["values_mb_per_million"]

    def test_the_model_is_the_line_through_what_was_measured(self) -> None:
        found = scale.model(
            {
                **{
                    "1_processes_reads_per_s": 50,
                    "1_processes_commands_per_write": 4,
                    "1_processes_pushes_per_write": 3,
                },
                **{
                    "5_processes_reads_per_s": 90,
                    "5_processes_commands_per_write": 8,
                    "5_processes_pushes_per_write": 15,
                },
                "server_commands_per_s": 4300,
            }
        )

        assert found["model_10_processes_reads_per_s"] == 500
        assert found["model_10_processes_commands_per_write"] == 13
        assert found["model_10_processes_pushes_per_write"] == 30
        assert found["model_10_processes_most_writes_per_s"] == pytest.approx(100)
