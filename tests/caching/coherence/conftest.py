"""Each test of coherence has generations of its own: some leave an intent that would live for half a minute."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.test.utils import modify_settings


@pytest.fixture(autouse=True)
def _own_generations(directory: Path) -> None:
    """Open the shared memory of this test alone."""


@pytest.fixture
def installed() -> Iterator[None]:
    """Install the models of these tests as an app, so that Django follows their relations."""
    with modify_settings(INSTALLED_APPS={"append": "tests.caching.coherence.apps.TestsOfCoherenceConfig"}):
        # Django forgets which relations there are only when it is told to.
        apps.clear_cache()
        yield
