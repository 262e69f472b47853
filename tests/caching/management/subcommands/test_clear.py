"""manage.py cache clear: what it drops, in this process and in others, what it asks, and its exit codes."""

import io
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from caching import cache_manager
from caching.coherence.publishing import publisher
from caching.stores.shared_memory import SharedMemoryGenerations
from scheduling.models import Employee
from tests.caching.management.running import finished, read_three_times, refused, run
from tests.factories import EmployeeFactory, ShiftFactory
from tests.processes import Child


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
            (("--model", "auth.User"), "No cached value depends on a model 'auth.User'. Models with cached values: "),
            (("--model", "scheduling.Employee:x"), "'x' cannot be a primary key of scheduling.Employee: "),
            (("--all",), "There is no terminal to confirm on: clearing every type needs --noinput."),
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
        assert messages == "CommandError: There is no terminal to confirm on: clearing every type needs --noinput.\n"
