"""The state of the cache in words and as gauges."""

from typing import Any

import pytest
from django.db import connection

from caching import cache_manager
from caching.models import PendingInvalidation
from caching.monitoring.state import gauges, state

pytestmark = pytest.mark.django_db


class StateTests:
    def test_counts_what_waits_in_the_outbox(self) -> None:
        before = state()["outbox"]
        PendingInvalidation.objects.create(tags="[]")
        assert state()["outbox"] == before + 1
        assert gauges(state())["cache_outbox_size"] == before + 1

    @pytest.mark.django_db(transaction=True)
    def test_leaves_out_an_outbox_that_cannot_be_read(self) -> None:
        with connection.schema_editor() as editor:
            editor.delete_model(PendingInvalidation)
        try:
            assert state()["outbox"] is None
            assert "cache_outbox_size" not in gauges(state())
        finally:
            with connection.schema_editor() as editor:
                editor.create_model(PendingInvalidation)

    def test_says_whether_the_settings_let_the_cache_serve(self, settings: Any) -> None:
        assert (state()["enabled"], cache_manager.state) == (True, "enabled")
        settings.CACHING = {**settings.CACHING, "ENABLED": False}
        assert (state()["enabled"], cache_manager.state) == (False, "disabled")
