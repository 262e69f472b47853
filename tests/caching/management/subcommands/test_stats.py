"""manage.py cache stats: what it prints, and its exit codes."""

import csv
import io
import json
import signal
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from caching import cache_manager
from caching.models import CacheSample
from caching.monitoring.repeated_selects import selects
from scheduling.models import Employee
from tests.caching.management.running import finished, process, read_three_times, refused, run
from tests.processes import Child


@pytest.mark.usefixtures("own_counts")
class StatsTests:
    def test_reports_each_type_and_kind_as_json(self) -> None:
        cache_manager.get_or_load("general", "answer:1", lambda: 42)
        cache_manager.get("general", "answer:1")

        report = json.loads(run("stats", "--format", "json"))

        assert report["schema_version"] == 1
        assert datetime.fromisoformat(report["generated_at"]).tzinfo == UTC
        assert (report["scope"], report["processes"], report["enabled"]) == ("host", 1, True)
        assert (report["hits"], report["misses"], report["hit_rate"]) == (1, 1, 0.5)
        assert report["types"]["general"]["kinds"]["answer"]["hits"] == 1
        assert report["cache_sizes"]["general"] == 1

    def test_has_no_hit_rate_before_the_first_read(self) -> None:
        assert json.loads(run("stats", "--format", "json"))["hit_rate"] is None
        assert "no reads yet" in run("stats")

    def test_totals_are_those_of_the_types_named(self) -> None:
        for name in ("general", "employee"):
            cache_manager.get_or_load(name, "answer:1", lambda: 42)

        report = json.loads(run("stats", "employee", "--format", "json"))

        assert list(report["types"]) == list(report["cache_sizes"]) == ["employee"]
        assert (report["misses"], report["entries"]) == (1, 1)

    def test_agrees_with_get_stats_when_no_type_is_named(self) -> None:
        cache_manager.get_or_load("general", "answer:1", lambda: 42)
        cache_manager.get_or_load("shift", "answer:1", lambda: 42)

        report = json.loads(run("stats", "--format", "json"))

        expected = cache_manager.get_stats(all_processes=True)
        assert {name: report[name] for name in expected} == expected

    def test_shows_what_to_cache_next_below_the_table_of_all_types(self) -> None:
        selects.forget()
        for _ in range(2):
            selects.note("SELECT a FROM t WHERE b = 'amy'", 10**9)

        text = run("stats")
        assert "What to cache next" in text
        assert "SELECT a FROM t WHERE b = ?" in text
        for arguments in (("general",), ("--format", "json"), ("--format", "csv")):
            assert "SELECT" not in run("stats", *arguments)

    def test_shows_a_table_with_totals(self) -> None:
        for key in ("answer:1", "answer:1", "answer:2", "answer:2"):
            cache_manager.get_or_load("general", key, lambda: 42)

        lines = run("stats", "general", "shift").splitlines()

        assert lines[0].strip() == "Cache: this process alone, and those that have ended"
        rows = {line.split()[0]: line.split()[1:] for line in lines[1:] if line.split()}
        assert rows["general"][:2] == ["4", "50.0%"]
        assert rows["answer"][:2] == ["4", "50.0%"]
        assert rows["shift"][:4] == ["0", "no", "reads", "yet"]
        assert rows["total"][:2] == ["4", "50.0%"]

    def test_writes_a_line_of_csv_per_type_and_kind(self) -> None:
        cache_manager.get_or_load("general", "answer:1", lambda: 42)

        lines = list(csv.DictReader(io.StringIO(run("stats", "general", "--format", "csv"))))

        assert [(line["type"], line["kind"], line["misses"]) for line in lines] == [
            ("general", "", "1"),
            ("general", "answer", "1"),
        ]
        assert lines[0]["hit_rate"] == "0.0"
        assert lines[0]["invalidations_save"] == "0"

    def test_names_the_known_types_the_nearest_first(self) -> None:
        message, code = refused("stats", "employe")

        assert message.startswith("Unknown cache type 'employe'. Known types: employee, ")
        assert code == 2

    def test_says_that_the_cache_is_switched_off(self, settings: Any) -> None:
        settings.CACHING = {**settings.CACHING, "ENABLED": False}

        assert "; the cache is switched off" in run("stats")


@pytest.mark.usefixtures("own_counts")
class FailUnderTests:
    def test_fails_with_code_1_below_the_threshold(self) -> None:
        for _ in range(2):
            cache_manager.get_or_load("general", "answer:1", lambda: 42)

        assert refused("stats", "--fail-under", "70") == ("The hit rate is 50.0 %, below 70 %.", 1)

    def test_prints_the_report_also_when_it_fails(self) -> None:
        cache_manager.get_or_load("general", "answer:1", lambda: 42)
        out = io.StringIO()

        with pytest.raises(CommandError):
            call_command("cache", "stats", "--format", "json", "--fail-under", "70", stdout=out)

        assert json.loads(out.getvalue())["misses"] == 1

    def test_passes_at_the_threshold(self) -> None:
        for _ in range(2):
            cache_manager.get_or_load("general", "answer:1", lambda: 42)

        run("stats", "--fail-under", "50")

    def test_does_not_round_up_to_the_threshold(self) -> None:
        for _ in range(3):
            cache_manager.get_or_load("general", "answer:1", lambda: 42)

        assert refused("stats", "--fail-under", "66.7") == ("The hit rate is 66.6 %, below 66.7 %.", 1)

    @pytest.mark.parametrize(("reads", "needed"), [(0, ()), (3, ("--min-requests", "4"))])
    def test_does_not_judge_too_few_reads(self, reads: int, needed: tuple[str, ...]) -> None:
        for number in range(reads):
            cache_manager.get_or_load("general", f"answer:{number}", lambda: 42)
        messages = io.StringIO()

        call_command("cache", "stats", "--fail-under", "70", *needed, stdout=io.StringIO(), stderr=messages)

        assert f"Not judged: {reads} reads so far" in messages.getvalue()

    @pytest.mark.parametrize("percent", ["-1", "101", "many", "nan"])
    def test_takes_a_percentage(self, percent: str) -> None:
        message, _ = refused("stats", f"--fail-under={percent}")

        assert f"'{percent}' is not a percentage from 0 to 100" in message


@pytest.mark.django_db(transaction=True)
class StatsOfProcessesTests:
    def test_adds_up_the_processes_of_the_host(
        self, own_counts: None, start_child: Callable[[], Child], employee: Employee
    ) -> None:
        for child in (start_child(), start_child()):
            child.run("from scheduling.models import Employee")
            child.run("[Employee.objects.get_by_email('amy@example.com') for _ in range(4)]")

        code, out, _ = finished("stats", "employee", "--format", "json")

        report = json.loads(out)
        assert code == 0
        assert (report["hits"], report["misses"], report["entries"]) == (6, 2, 2)
        # The children and the command itself; this one has not used the cache.
        assert report["processes"] == 3

    def test_ends_with_1_below_the_threshold_and_2_for_wrong_usage(self, own_counts: None) -> None:
        cache_manager.get_or_load("general", "answer:1", lambda: 42)

        code, _, messages = finished("stats", "--fail-under", "70")
        assert (code, messages.strip()) == (1, "CommandError: The hit rate is 0.0 %, below 70 %.")
        assert finished("stats", "--format", "xml")[0] == 2
        assert finished("stats", "emploee")[0] == 2
        assert finished("stats", "--watch", "--fail-under", "70")[0] == 2

    def test_watch_appends_lines_until_ctrl_c(self, own_counts: None) -> None:
        # A run of the tests in a shell's background ignores Ctrl-C, and its children would inherit that.
        watching = process(
            "stats",
            "--watch",
            "0.05",
            "--format",
            "json",
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        assert watching.stdout is not None
        seen = [json.loads(watching.stdout.readline())["schema_version"] for _ in range(3)]

        watching.send_signal(signal.SIGINT)
        _, messages = watching.communicate(timeout=30)

        assert seen == [1, 1, 1]
        assert (watching.returncode, messages) == (0, "")


@pytest.mark.usefixtures("own_counts")
class StatsSinceTests:
    def test_shows_what_was_counted_in_a_period(self, employee: Employee) -> None:
        read_three_times(employee)
        report = json.loads(run("stats", "employee", "--since", "1h", "--format", "json"))
        assert (report["hits"], report["misses"], report["scope"]) == (2, 1, "1 host")
        assert report["types"]["employee"]["kinds"]["email"]["loads"] == 1

    def test_what_was_before_it_is_left_out(self, employee: Employee) -> None:
        read_three_times(employee)
        run("sample")
        CacheSample.objects.exclude(seconds=0).update(at=timezone.now() - timedelta(hours=3))
        report = json.loads(run("stats", "--since", "1h", "--format", "json"))
        assert (report["hits"], report["hit_rate"]) == (0, None)
