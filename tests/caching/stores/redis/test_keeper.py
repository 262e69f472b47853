"""The thread that looks at the outbox, and at the server, every few seconds."""

import threading

import pytest
from django.db import OperationalError, connection

from caching.models import PendingInvalidation
from caching.stores.redis.keeper import Keeper

pytestmark = pytest.mark.django_db(transaction=True)


class KeeperTests:
    def test_looks_before_anybody_goes_on_and_whenever_it_is_told(self) -> None:
        looks = threading.Semaphore(0)
        keeper = Keeper(looks.release, seconds=600)
        keeper.start()
        assert looks.acquire(blocking=False)
        keeper.wake()
        assert looks.acquire(timeout=20)
        keeper.stop()

    @pytest.mark.usefixtures("_quick_probes")
    def test_goes_on_after_any_failure(self) -> None:
        failures = [ConnectionError(), OperationalError(), LookupError("a bug"), ValueError("damaged")]
        looks = threading.Semaphore(0)

        def look() -> None:
            if failures:
                raise failures.pop()
            looks.release()

        keeper = Keeper(look, seconds=600)
        keeper.start()
        assert looks.acquire(timeout=20)
        keeper.stop()

    def test_ends_when_it_is_stopped(self) -> None:
        keeper = Keeper(lambda: None, seconds=600)
        keeper.start()
        thread = keeper._thread
        assert thread is not None
        keeper.stop()
        keeper.join()
        assert not thread.is_alive()

    def test_leaves_no_connection_open(self) -> None:
        opened: list[object] = []

        def look() -> None:
            PendingInvalidation.objects.count()
            opened.append(connection.connection)

        keeper = Keeper(look, seconds=600)
        keeper.start()
        keeper.stop()
        keeper.join()
        assert opened != [None]
        assert connection.connection not in opened
