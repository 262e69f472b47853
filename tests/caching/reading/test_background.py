"""The threads that load what nobody waits for."""

import logging
import threading

import pytest
from django.db import connection, connections

from caching.reading import background
from caching.reading.background import Background
from tests.waiting import wait_until


class BackgroundTests:
    def test_runs_a_job_in_another_thread(self) -> None:
        threads: list[int] = []
        pool = Background()
        assert pool.submit("a", lambda: threads.append(threading.get_ident()))
        pool.wait(10)
        assert threads != [threading.get_ident()]
        assert len(threads) == 1

    def test_what_waits_already_is_not_done_twice(self) -> None:
        pool, go, done = Background(), threading.Event(), []
        assert pool.submit("a", lambda: go.wait(10))
        assert not pool.submit("a", lambda: done.append("twice"))
        assert pool.submit("b", lambda: done.append("another"))
        go.set()
        pool.wait(10)
        assert done == ["another"]
        assert pool.submit("a", lambda: done.append("again"))
        pool.wait(10)
        assert done == ["another", "again"]

    def test_only_so_many_wait(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(background, "MAX_WAITING", 1)
        pool, go = Background(), threading.Event()
        assert pool.submit("a", lambda: go.wait(10))
        assert not pool.submit("b", lambda: None)
        go.set()
        pool.wait(10)

    def test_a_job_that_fails_is_logged_and_the_thread_goes_on(self, caplog: pytest.LogCaptureFixture) -> None:
        pool, done = Background(), []

        def fail() -> None:
            raise RuntimeError("the database is away")

        with caplog.at_level(logging.WARNING, "caching"):
            pool.submit("a", fail)
            pool.wait(10)
            pool.submit("b", lambda: done.append("on"))
            pool.wait(10)
        assert "RuntimeError: the database is away" in caplog.text
        assert done == ["on"]

    @pytest.mark.django_db(transaction=True)
    def test_an_idle_thread_keeps_no_connection(self) -> None:
        pool, found = Background(), []

        def query() -> None:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            found.append(connections["default"])

        pool.submit("a", query)
        pool.wait(10)
        wait_until(lambda: found[0].connection is None)
