"""manage.py cache drain: what it publishes, and what it says."""

import io
import json

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from caching import cache_manager
from caching.models import PendingInvalidation
from tests.valkey import Valkey

pytestmark = pytest.mark.django_db(transaction=True)


def drain() -> str:
    out = io.StringIO()
    call_command("cache", "drain", stdout=out, stderr=io.StringIO())
    return out.getvalue().strip()


def test_publishes_the_rows_and_deletes_them(shared_valkey: Valkey) -> None:
    cache_manager.get_or_load("general", "answer:1", lambda: 42)
    cache_manager.get_or_load("general", "answer:2", lambda: 43)
    PendingInvalidation.objects.create(tags=json.dumps(["general/answer:1"]))
    assert drain() == "Published 1 row of the outbox."
    assert not PendingInvalidation.objects.exists()
    assert cache_manager.get("general", "answer:1") is None
    assert cache_manager.get("general", "answer:2") == 43


def test_without_a_server_leaves_the_rows(shared_valkey: Valkey) -> None:
    PendingInvalidation.objects.create(tags=json.dumps(["general"]))
    shared_valkey.stop()
    try:
        with pytest.raises(CommandError, match=r"Nothing was published: .* The rows wait\.") as refused:
            drain()
    finally:
        shared_valkey.start()
    assert refused.value.returncode == 1
    assert PendingInvalidation.objects.count() == 1


def test_in_shared_memory_has_nothing_to_do() -> None:
    assert drain() == "Nothing to publish: generations in shared memory need no outbox."
