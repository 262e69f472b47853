"""What the buttons do, where the page's own tests do not reach: outages."""

import pytest
from pytest_django.fixtures import Settings

from caching import cache_manager
from caching.admin.actions import ACTIONS
from caching.coherence.publishing import publisher
from tests.proxy import Proxy
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


class ClearTests:
    def test_says_that_it_waits_while_the_server_is_away(self, network: Proxy) -> None:
        cache_manager.get_or_load("general", "id:1", lambda: 1)
        network.cut()
        outcome = ACTIONS["clear"].run("general", False)
        assert not outcome.done
        assert outcome.message.startswith("Not cleared yet: general. The server cannot be reached. It waits in the")


class WarmTests:
    def test_says_where_the_rows_will_be(self, settings: Settings) -> None:
        (rows, place) = ACTIONS["warm"].will_happen("employee")
        assert rows.startswith("For each look-up of employee, at most 1,000 of the newest rows are loaded")
        assert place == "There is no shared tier, so only the process that answers you holds them."

    def test_in_the_shared_tier_if_there_is_one(self, shared_valkey: object) -> None:
        wait_until(lambda: not publisher.store.is_degraded)
        assert ACTIONS["warm"].will_happen("employee")[1].startswith("They are held in the shared tier")


class ActionsTests:
    def test_each_says_what_it_will_do(self) -> None:
        for action in ACTIONS.values():
            assert len(action.will_happen("")) == 2
            assert action.permission in ("caching.clear_cache", "caching.warm_cache")
