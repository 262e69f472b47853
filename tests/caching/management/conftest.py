"""What the tests of `manage.py cache` share."""

from pathlib import Path
from typing import Any

import pytest

from scheduling.models import Employee
from tests.factories import EmployeeFactory


@pytest.fixture
def own_counts(tmp_path: Path, settings: Any) -> None:
    """A cache directory for one test, so that what other tests have counted is not in the totals."""
    settings.CACHING = {**settings.CACHING, "DIRECTORY": str(tmp_path)}


@pytest.fixture
def employee(transactional_db: None) -> Employee:
    return EmployeeFactory(email="amy@example.com")
