"""What tests of several parts of the import begin with."""

import pytest

from scheduling.models import Department, ImportRun
from tests.factories import DepartmentFactory, EmployeeFactory, ShiftFactory
from tests.scheduling.imports.undone import DAY, imported


@pytest.fixture
def plan(db: None) -> ImportRun:
    """Two assignments of a week that had no schedule."""
    for address in ("amy@example.com", "bob@example.com"):
        EmployeeFactory(email=address, department=Department.objects.first() or DepartmentFactory(code="KIT"))
    ShiftFactory(name="Early")
    rows = (["amy@example.com", "Early", str(DAY)], ["bob@example.com", "Early", str(DAY)])
    return imported("assignments", ["email", "shift", "date"], *rows)
