"""manage.py cache explain, with a real process."""

from pathlib import Path
from typing import Any

from scheduling.models import Employee
from tests.caching.management.running import refused, run
from tests.processes import Child

SERVE = "from django.core.signals import request_started; request_started.send(None, environ={})"


class ExplainTests:
    def test_names_each_process_and_who_invalidated_it(
        self, employee: Employee, own_counts: None, settings: Any
    ) -> None:
        child = Child(Path(settings.CACHING["DIRECTORY"]))
        try:
            child.run("from scheduling.models import Employee")
            child.run(SERVE)
            assert f"Process {child.pid}: does not hold it." in run("explain", "employee", "email:amy@example.com")
            child.run("Employee.objects.get_by_email('amy@example.com')")
            said = run("explain", "employee", "email:amy@example.com")
            assert "and would serve it, equal to the database." in said
            child.run("Employee.objects.filter(email='amy@example.com').update(first_name='Eve')")
            said = run("explain", "employee", "email:amy@example.com")
            assert "because a write has changed what it depends on" in said
            assert f"by process {child.pid} (" in said
            assert "because of: save, by the tag scheduling.Employee" in said
            child.run("from caching import cache_manager; cache_manager.get('employee', 'email:amy@example.com')")
            said = run("explain", "employee", "email:amy@example.com")
            assert f"Process {child.pid}: dropped it " in said
            assert " s ago, because a write has changed what it depends on." in said
        finally:
            child.stop()

    def test_a_key_that_nobody_holds(self, employee: Employee, own_counts: None) -> None:
        said = run("explain", "employee", "email:amy@example.com")
        assert "the look-up by scheduling.Employee.email, 600 s to live. The cache is enabled." in said
        assert "No process of this host is serving requests now." in said
        assert "Shared tier: does not hold it." in said

    def test_what_is_no_key_or_type_is_refused(self) -> None:
        assert refused("explain", "employes", "email:x")[1] == 2
        assert refused("explain", "employee", "amy")[1] == 2
