"""manage.py cache warm."""

from typing import Any

import pytest

from scheduling.models import Employee
from tests.caching.management.running import refused, run
from tests.processes import Child
from tests.valkey import Valkey


class WarmTests:
    def test_fills_the_shared_tier_for_other_processes(
        self, employee: Employee, shared_valkey: Valkey, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        assert "values of employee by email." in run("warm", "employee")
        child = Child(tmp_path_factory.mktemp("other"), REDIS_URL=shared_valkey.url)
        try:
            child.run("from scheduling.models import Employee; from caching import cache_manager")
            child.run("Employee.objects.get_by_email('amy@example.com')")
            assert child.run("cache_manager.get_stats()['hits_shared']") == 1
        finally:
            child.stop()

    def test_without_a_shared_tier_it_says_what_to_do(self, employee: Employee) -> None:
        sentence, code = refused("warm", "--all")
        assert (sentence.startswith("There is no shared tier"), code) == (True, 1)

    def test_a_dry_run_loads_nothing(self, employee: Employee) -> None:
        assert "Would look for 1 values of employee by email." in run("warm", "employee", "--dry-run")

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            ((), "Say what to warm: TYPE … or --all."),
            (("employee", "--all"), "Say what to warm: TYPE … or --all."),
            (("employee", "--limit", "0"), "--limit is 0; give a number of rows from 1."),
        ],
    )
    def test_wrong_usage_is_told(self, arguments: tuple[str, ...], sentence: str) -> None:
        assert refused("warm", *arguments) == (sentence, 2)


class ClearAndWarmTests:
    def test_a_cleared_type_is_filled_again_when_wanted(
        self, employee: Employee, shared_valkey: Valkey, django_assert_num_queries: Any
    ) -> None:
        Employee.objects.get_by_email(employee.email)
        said = run("clear", "employee", "--warm")
        assert said.startswith("Cleared employee")
        assert "values of employee by email." in said
        with django_assert_num_queries(0):
            assert Employee.objects.get_by_email(employee.email) == employee

    @pytest.mark.parametrize(
        ("arguments", "sentence", "code"),
        [
            (("employee", "--warm"), "There is no shared tier", 1),
            (("--key", "employee", "email:amy@example.com", "--warm"), "--warm fills whole types", 2),
        ],
    )
    def test_is_refused_before_anything_is_cleared(
        self, arguments: tuple[str, ...], sentence: str, code: int, employee: Employee, django_assert_num_queries: Any
    ) -> None:
        Employee.objects.get_by_email(employee.email)
        said, exit_code = refused("clear", *arguments)
        assert (said.startswith(sentence), exit_code) == (True, code)
        with django_assert_num_queries(0):
            Employee.objects.get_by_email(employee.email)
