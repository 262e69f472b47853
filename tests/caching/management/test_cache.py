"""manage.py cache: what it prints, what it drops, in this process and in others, and its exit codes."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from caching import cache_manager
from caching.coherence.publishing import publisher
from caching.stores.shared_memory import SharedMemoryGenerations
from scheduling.models import Employee
from tests.factories import EmployeeFactory, ShiftFactory
from tests.processes import ROOT, Child, database_url


def run(*arguments: str) -> str:
    """Return what the command writes to stdout."""
    out = io.StringIO()
    call_command("cache", *arguments, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def refused(*arguments: str) -> tuple[str, int]:
    """Return the sentence and the exit code of a command that fails."""
    with pytest.raises(CommandError) as error:
        run(*arguments)
    return str(error.value), error.value.returncode


def process(*arguments: str, **kwargs: Any) -> subprocess.Popen[str]:
    """Start `manage.py cache` as a real process on the database and the cache directory of the test."""
    environment = {
        **os.environ,
        "DATABASE_URL": database_url(),
        "CACHE_DIRECTORY": str(settings.CACHING["DIRECTORY"]),
        "COLUMNS": "140",
    }
    return subprocess.Popen(
        [sys.executable, str(ROOT / "manage.py"), "cache", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        **kwargs,
    )


def finished(*arguments: str) -> tuple[int, str, str]:
    """Return exit code, stdout and stderr of a real process."""
    started = process(*arguments)
    out, messages = started.communicate(timeout=60)
    return started.returncode, out, messages


@pytest.fixture
def own_counts(tmp_path: Path, settings: Any) -> None:
    """A cache directory for one test, so that what other tests have counted is not in the totals."""
    settings.CACHING = {**settings.CACHING, "DIRECTORY": str(tmp_path)}


@pytest.fixture
def employee(transactional_db: None) -> Employee:
    return EmployeeFactory(email="amy@example.com")


def read_three_times(employee: Employee) -> None:
    for _ in range(3):
        Employee.objects.get_by_email(employee.email)


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


class ClearTests:
    def test_drops_the_types_named_and_no_other(self, employee: Employee, django_assert_num_queries: Any) -> None:
        shift = ShiftFactory()
        read_three_times(employee)
        type(shift).objects.get_by_name(shift.name)

        assert "Cleared employee: every process loads anew." in run("clear", "employee")

        with django_assert_num_queries(1):
            read_three_times(employee)
        with django_assert_num_queries(0):
            type(shift).objects.get_by_name(shift.name)

    @pytest.mark.parametrize(
        "arguments",
        [
            ("employee", "shift"),
            ("--all", "--noinput"),
            ("--key", "employee", "email:amy@example.com"),
            ("--pattern", "employee", "email:*"),
            ("--model", "scheduling.Employee"),
            ("--model", "scheduling.employee:{pk}"),
        ],
    )
    def test_the_next_read_asks_the_database(
        self, arguments: tuple[str, ...], employee: Employee, django_assert_num_queries: Any
    ) -> None:
        read_three_times(employee)

        run("clear", *(part.format(pk=employee.pk) for part in arguments))

        with django_assert_num_queries(1):
            read_three_times(employee)

    @pytest.mark.parametrize(
        "arguments",
        [
            ("--key", "employee", "email:bob@example.com"),
            ("--pattern", "employee", "id:*"),
            ("--model", "scheduling.Shift"),
            ("--model", "scheduling.Employee:{other}"),
        ],
    )
    def test_keeps_what_was_not_named(
        self, arguments: tuple[str, ...], employee: Employee, django_assert_num_queries: Any
    ) -> None:
        other = EmployeeFactory()
        read_three_times(employee)

        run("clear", *(part.format(other=other.pk) for part in arguments))

        with django_assert_num_queries(0):
            read_three_times(employee)

    def test_clears_a_row_that_was_deleted_behind_the_cache(self, db: None) -> None:
        assert "a row that does not exist" in run("clear", "--model", "scheduling.Employee:123456")

    def test_dry_run_tells_what_would_be_published_and_changes_nothing(
        self, own_counts: None, employee: Employee, django_assert_num_queries: Any
    ) -> None:
        read_three_times(employee)

        out = run("clear", "employee", "--dry-run")

        assert out.splitlines() == [
            "Would clear employee; nothing was changed.",
            "All processes together hold 1 entry of employee.",
            "Would publish employee.",
        ]
        with django_assert_num_queries(0):
            read_three_times(employee)

    @pytest.mark.parametrize(
        ("arguments", "tags"),
        [
            (("--key", "employee", "id:5"), "employee/id:5"),
            (("--pattern", "department", "hierarchy:7:*"), "department/hierarchy:7:*"),
            (("--pattern", "employee", "email:a*"), "employee/email"),
            (("--model", "scheduling.Shift"), "scheduling.Shift/*, scheduling.Shift/+"),
        ],
    )
    def test_dry_run_names_the_tags(self, arguments: tuple[str, ...], tags: str) -> None:
        assert run("clear", *arguments, "--dry-run").splitlines()[-1] == f"Would publish {tags}."

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            ((), "Say what to clear: TYPE …, --all, --key, --pattern or --model."),
            (("shift", "--all"), "Clear one thing at a time: TYPE …, --all, --key, --pattern or --model."),
            (("--key", "shift", "name"), "'name' is not a cache key."),
            (("--key", "shft", "name:x"), "Unknown cache type 'shft'. Known types: shift, "),
            (("--model", "auth.User"), "No cached value depends on a model 'auth.User'. Models that some depend on: "),
            (("--model", "scheduling.Employee:x"), "'x' cannot be a primary key of scheduling.Employee: "),
            (("--all",), "Nobody can be asked here: clearing every type needs --noinput."),
        ],
    )
    def test_refuses_with_a_sentence_and_code_2(
        self, arguments: tuple[str, ...], sentence: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sys, "stdin", io.StringIO())

        message, code = refused("clear", *arguments)

        assert message.startswith(sentence)
        assert code == 2

    def test_fails_with_code_1_when_the_generations_cannot_be_reached(self, tmp_path: Path) -> None:
        cache_manager.get("general", "answer:1")
        publisher.use(SharedMemoryGenerations(tmp_path / "missing" / "folder"))

        message, code = refused("clear", "general")

        assert message.startswith("Not cleared: general.")
        assert code == 1


class Terminal(io.StringIO):
    """A keyboard on which something has been typed."""

    def isatty(self) -> bool:
        return True


class PromptTests:
    @pytest.mark.parametrize("typed", ["n\n", "\n", ""])
    def test_clears_nothing_unless_it_is_told_yes(
        self, typed: str, employee: Employee, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
    ) -> None:
        read_three_times(employee)
        monkeypatch.setattr(sys, "stdin", Terminal(typed))

        assert refused("clear", "--all") == ("Nothing was cleared.", 2)

        with django_assert_num_queries(0):
            read_three_times(employee)

    def test_asks_on_stderr_and_clears_after_a_yes(
        self, monkeypatch: pytest.MonkeyPatch, employee: Employee, django_assert_num_queries: Any
    ) -> None:
        read_three_times(employee)
        monkeypatch.setattr(sys, "stdin", Terminal("y\n"))
        out, messages = io.StringIO(), io.StringIO()

        call_command("cache", "clear", "--all", stdout=out, stderr=messages)

        assert messages.getvalue().startswith("Clear every cache type, ")
        assert out.getvalue().startswith("Cleared every cache type")
        with django_assert_num_queries(1):
            read_three_times(employee)

    def test_asks_nothing_for_a_type_or_a_dry_run(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "stdin", Terminal("n\n"))

        assert "Would clear every cache type" in run("clear", "--all", "--dry-run")
        assert "Cleared shift" in run("clear", "shift")


@pytest.mark.django_db(transaction=True)
class ClearInOtherProcessesTests:
    def test_a_real_command_empties_what_others_hold(
        self, child: Child, employee: Employee, django_assert_num_queries: Any
    ) -> None:
        child.run("from django.db import connection; from django.test.utils import CaptureQueriesContext")
        child.run("from scheduling.models import Employee")
        child.run(
            "def queries():\n"
            "    with CaptureQueriesContext(connection) as seen:\n"
            "        Employee.objects.get_by_email('amy@example.com')\n"
            "    return len(seen)"
        )
        read_three_times(employee)
        assert (child.run("queries()"), child.run("queries()")) == (1, 0)

        code, out, messages = finished("clear", "employee")

        assert (code, messages) == (0, "")
        assert out.startswith("Cleared employee: every process loads anew.")
        assert (child.run("queries()"), child.run("queries()")) == (1, 0)
        with django_assert_num_queries(1):
            read_three_times(employee)

    def test_without_a_terminal_all_needs_noinput(self, db: None) -> None:
        code, out, messages = finished("clear", "--all")

        assert (code, out) == (2, "")
        assert messages == "CommandError: Nobody can be asked here: clearing every type needs --noinput.\n"
