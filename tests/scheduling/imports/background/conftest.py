from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from scheduling.models import Department, ImportRun
from tests.factories import DepartmentFactory
from tests.processes import Child
from tests.scheduling.imports.background.running import HeldImport, people, processes_of_ours, uploaded


@pytest.fixture
def kitchen(settings: Any, tmp_path: Path, transactional_db: None) -> Department:
    settings.MEDIA_ROOT = tmp_path
    return DepartmentFactory(code="KIT", name="Kitchen")


@pytest.fixture
def outside(settings: Any, kitchen: Department) -> Iterator[None]:
    """Let every import run outside of its request."""
    settings.IMPORT_SECONDS_IN_REQUEST = 0
    with processes_of_ours():
        yield


@pytest.fixture
def run(kitchen: Department, admin_client: Client) -> ImportRun:
    """An upload of three people that waits for its confirmation."""
    return uploaded(admin_client, people(3))[0]


@pytest.fixture
def held(run: ImportRun, start_child: Callable[[], Child], tmp_path: Path) -> HeldImport:
    """The import of that upload in another process, in the middle of its transaction."""
    return HeldImport(start_child(), run, tmp_path)
