"""manage.py cache verify, with real processes."""

from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from scheduling.models import Employee
from tests.caching.management.running import refused, run
from tests.processes import Child

SERVE = "from django.core.signals import request_started; request_started.send(None, environ={})"
READ = "Employee.objects.get_by_email('amy@example.com').first_name"


@pytest.fixture
def serving(employee: Employee, own_counts: None, settings: Any) -> Any:
    """Two serving processes; the second has read the employee."""
    children = [Child(Path(settings.CACHING["DIRECTORY"])) for _ in range(2)]
    for child in children:
        child.run("from scheduling.models import Employee")
        child.run(SERVE)
    children[1].run(READ)
    yield children
    for child in children:
        child.stop()


def write_past_django(employee: Employee) -> None:
    connection.ensure_connection()
    connection.connection.execute(f"UPDATE scheduling_employee SET first_name = 'Eve' WHERE id = {employee.pk}")
    connection.connection.commit()


class VerifyTests:
    def test_nothing_stale_gives_a_bound(self, serving: list[Child]) -> None:
        said = run("verify")
        assert "Compared 1 entries of 2 processes and the shared tier with the database." in said
        assert "0 of 1 are stale: below 300.00% at 95 %." in said

    def test_a_stale_entry_is_found_in_whichever_process_it_lies_and_repaired(
        self, serving: list[Child], employee: Employee
    ) -> None:
        write_past_django(employee)
        assert serving[1].run(READ) != "Eve"
        sentence, code = refused("verify", "employee", "--repair")
        assert (sentence, code) == ("Stale: 1 of 1 entries.", 1)
        assert serving[1].run(READ) == "Eve"
        assert "0 of 1 are stale" in run("verify", "employee")

    def test_names_type_key_and_process(self, serving: list[Child], employee: Employee, capsys: Any) -> None:
        write_past_django(employee)
        from django.core.management import CommandError, call_command

        with pytest.raises(CommandError):
            call_command("cache", "verify")
        assert f"Stale: employee email:amy@example.com in process {serving[1].pid}." in capsys.readouterr().out

    def test_wrong_usage_is_told(self) -> None:
        assert refused("verify", "--sample", "0") == ("--sample is 0; give a number of entries from 1.", 2)
