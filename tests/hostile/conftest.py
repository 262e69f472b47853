"""A site with a row of every model, and somebody who may do everything in it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from factory.django import DjangoModelFactory

from tests import factories


@pytest.fixture
def site(db: None, settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    for factory in vars(factories).values():
        if isinstance(factory, type) and issubclass(factory, DjangoModelFactory) and factory is not DjangoModelFactory:
            factory()
    Group.objects.create(name="Planners")


@pytest.fixture
def log_in(site: None, admin_client: Client) -> Callable[[], Client]:
    """Return a function that returns a new client in the same session: logging in anew costs more than a page."""

    def in_the_session() -> Client:
        client = Client()
        client.cookies["sessionid"] = admin_client.cookies["sessionid"].value
        return client

    return in_the_session
