"""Each test of coherence has generations of its own: some leave an intent that would live for half a minute."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _own_generations(directory: Path) -> None:
    """Open the shared memory of this test alone."""
