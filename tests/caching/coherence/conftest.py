"""Each test of coherence has generations of its own: some leave an intent that would live for half a minute."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.caching.installing import installed_app


@pytest.fixture(autouse=True)
def _own_generations(directory: Path) -> None:
    """Open the shared memory of this test alone."""


@pytest.fixture
def installed() -> Iterator[None]:
    """Install the models of these tests as an app, so that Django follows their relations."""
    with installed_app("tests.caching.coherence.apps.TestsOfCoherenceConfig"):
        yield
