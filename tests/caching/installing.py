"""Installs models of the tests as an app, so that Django follows their relations."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.apps import apps
from django.test import modify_settings


@contextmanager
def installed_app(config: str) -> Iterator[None]:
    """Inside the block, the app of this configuration is installed.

    Models remember their relations, and forget them only while their app is installed: so at both ends of the block.
    """
    with modify_settings(INSTALLED_APPS={"append": config}):
        apps.clear_cache()
        try:
            yield
        finally:
            apps.clear_cache()
