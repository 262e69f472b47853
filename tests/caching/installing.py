"""Installs models of the tests as an app, so that Django follows their relations, and makes their tables."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.db import connection
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


@contextmanager
def tables_of(models: Sequence[Any]) -> Iterator[None]:
    """Inside the block, the models have their tables; each model comes after those that it refers to."""
    with connection.schema_editor() as editor:
        for model in models:
            editor.create_model(model)
    yield
    with connection.schema_editor() as editor:
        for model in reversed(models):
            editor.delete_model(model)
