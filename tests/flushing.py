"""A faster flush after each test with transactions: what ``post_migrate`` makes is put back instead of made again.

Django empties all tables and sends ``post_migrate``, whose receivers make content types and permissions: fifty
milliseconds for each of thousands of tests. The rows are always the same, so they are read once and inserted again.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management.commands import flush
from django.core.management.sql import emit_post_migrate_signal

_MADE = (ContentType, Permission)
_rows: dict[str, dict[type[Any], list[Any]]] = {}
"""The rows of each database, by its alias."""


def put_back(verbosity: int, interactive: bool, db: str, **kwargs: Any) -> None:
    """Leave the database as the receivers of ``post_migrate`` do. Takes the place of ``emit_post_migrate_signal``."""
    if db not in _rows:
        emit_post_migrate_signal(verbosity, interactive, db, **kwargs)
        _rows[db] = {model: list(model._base_manager.using(db).all()) for model in _MADE}
        return
    ContentType.objects.clear_cache()
    for model, rows in _rows[db].items():
        model._base_manager.using(db).bulk_create(rows)


@pytest.fixture(scope="session", autouse=True)
def _faster_flush() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flush, "emit_post_migrate_signal", put_back)
        yield
