"""manage.py cache log."""

import os

import pytest

from scheduling.models import Employee
from tests.caching.management.running import refused, run


@pytest.mark.usefixtures("own_counts")
class LogTests:
    def test_names_time_process_cause_and_tags_without_values(self, employee: Employee) -> None:
        employee.save()
        line = run("log").splitlines()[-1]
        assert f" by process {os.getpid()} (" in line
        assert f"scheduling.Employee#{employee.pk}" in line
        assert "amy@example.com" not in line

    def test_of_a_type_leaves_out_the_others(self, employee: Employee) -> None:
        employee.save()
        run("clear", "shift")
        assert len(run("log", "shift").splitlines()) == 1
        assert "clear by process" in run("log", "shift")
        assert "scheduling.Employee" in run("log", "employee")

    def test_an_unknown_type_lists_the_known_ones(self) -> None:
        sentence, code = refused("log", "employes")
        assert ("employee" in sentence, code) == (True, 2)
