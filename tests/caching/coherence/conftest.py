"""Each test of coherence has generations of its own: some leave an intent that would live for half a minute."""

from pathlib import Path

import pytest
from pytest_django.fixtures import Settings


@pytest.fixture(autouse=True)
def directory(_fresh_cache: None, settings: Settings, tmp_path: Path) -> Path:
    """The folder of this test's shared memory, for its children too."""
    folder = tmp_path / "shared"
    folder.mkdir()
    settings.CACHING = {**settings.CACHING, "DIRECTORY": str(folder)}
    return folder
