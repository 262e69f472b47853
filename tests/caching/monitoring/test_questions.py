"""What every serving process can be asked."""

import os
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from caching import cache_manager
from caching.models import CacheSample
from caching.monitoring import history
from caching.monitoring.agents import FOLDER_NAME as AGENTS
from caching.monitoring.agents import Agent, _listen
from caching.monitoring.invalidation_log import FOLDER_NAME, publications
from caching.monitoring.questions import agent, ask_everyone, reset_everywhere, verify_everywhere, what_to_cache_next
from caching.monitoring.recorder import StatsRecorder
from caching.monitoring.repeated_selects import selects
from caching.monitoring.sampler import sample
from caching.monitoring.stats import HIT_LOCAL
from scheduling.models import Employee
from tests.factories import EmployeeFactory
from tests.processes import Child, forked


class QuestionsTests:
    @pytest.mark.django_db(transaction=True)
    def test_are_answered_by_name(self) -> None:
        cache_manager.set("general", "id:1", 1)
        assert agent.answer({"ask": "who"}) == {"state": "enabled", "entries": 1}
        verified = agent.answer({"ask": "verify", "with": {"types": ["general"], "sample": None, "repair": False}})
        assert verified == {"verified": 0, "changed": 0, "without_lookup": 1, "stale": []}
        assert agent.answer({"ask": "explain", "with": {"type": "general", "key": "id:1"}})["local"]["serves"] is True

    @pytest.mark.parametrize("type_name", ["unknown", "", None])
    def test_an_unknown_type_gets_a_sentence(self, type_name: Any) -> None:
        assert "error" in agent.answer({"ask": "explain", "with": {"type": type_name, "key": "id:1"}})


@pytest.fixture
def directory(settings: Any, tmp_path: Path) -> Path:
    settings.CACHING = {**settings.CACHING, "DIRECTORY": str(tmp_path)}
    return tmp_path


@pytest.fixture
def other(directory: Path, start_child: Any) -> Child:
    """Another process that can be asked, as a worker of a server can be."""
    child: Child = start_child(directory)
    child.run("from caching.monitoring.questions import agent; agent.start()")
    child.run("from caching import cache_manager")
    return child


@pytest.mark.django_db(transaction=True)
class AskEveryoneTests:
    def test_asks_this_process_too_although_it_does_not_listen(self, other: Child) -> None:
        replies = {reply.pid: reply.answer for reply in ask_everyone("who")}
        assert set(replies) == {other.pid, os.getpid()}
        assert {answer["state"] for answer in replies.values() if answer} == {"enabled"}

    def test_asks_it_once_if_it_listens(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delattr("django.test.utils._TestState.saved_data")
        listening = Agent({"who": lambda: {"state": "listening"}})
        listening.start()
        assert [reply.answer for reply in ask_everyone("who")] == [{"state": "listening"}]
        (directory / AGENTS / f"{os.getpid()}.sock").unlink()


@pytest.mark.django_db(transaction=True)
class WhatToCacheNextTests:
    def test_adds_up_what_each_process_has_asked_the_database(self, other: Child) -> None:
        selects.forget()
        connection.ensure_connection()
        other.run("from scheduling.models import Employee")
        for _ in range(3):
            Employee.objects.filter(role="cook").count()
            other.run("Employee.objects.filter(role='chef').count()")
        (shape,) = [shape for shape in what_to_cache_next(100) if "COUNT" in shape.text]
        assert shape.count == 6
        assert shape.text.endswith('WHERE "scheduling_employee"."role" = ?')
        assert 0 < shape.seconds < 60

    def test_a_process_that_is_busy_delays_nothing(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        # It listens, and nobody accepts.
        listening = _listen(directory / AGENTS)
        monkeypatch.setattr("caching.monitoring.questions.PATIENCE_OF_A_PAGE", 0.05)
        selects.forget()
        assert what_to_cache_next(100) == []
        listening.close()


@pytest.mark.django_db(transaction=True)
class VerifyEverywhereTests:
    def test_finds_what_is_stale_in_another_process_and_drops_it(self, other: Child) -> None:
        EmployeeFactory(email="amy@example.com")
        other.run("from scheduling.models import Employee")
        other.run("Employee.objects.get_by_email('amy@example.com').pk")
        connection.ensure_connection()
        connection.connection.execute("UPDATE scheduling_employee SET first_name = 'Eve'")
        connection.connection.commit()
        stale = {"type": "employee", "key": "email:amy@example.com", "tier": "local"}
        found = verify_everywhere(["employee"], None, repair=True)
        assert (found.stale, found.processes, found.silent) == ([(other.pid, stale)], 2, [])
        assert found.total.stale == [stale]
        assert verify_everywhere(["employee"], None, repair=True).stale == []
        assert other.run("Employee.objects.get_by_email('amy@example.com').first_name") == "Eve"


@pytest.mark.django_db(transaction=True)
class ResetEverywhereTests:
    def test_sets_the_counts_of_the_living_and_of_the_dead_to_zero(self, directory: Path, other: Child) -> None:
        dead = StatsRecorder(directory)
        dead.view[dead.row("general", "id") + HIT_LOCAL] += 7
        dead.close()
        # Its memory keeps the lock of the file.
        del dead
        other.run("[cache_manager.get_or_load('general', 'id:1', lambda: 1) for _ in range(5)] and None")
        cache_manager.get_or_load("general", "id:1", lambda: 1)
        assert cache_manager.get_stats(all_processes=True)["total_requests"] == 13
        sample()
        assert reset_everywhere() == []
        counts = cache_manager.get_stats(all_processes=True)
        assert (counts["total_requests"], counts["entries"]) == (0, 2)
        assert not CacheSample.objects.filter(seconds__gt=0).exists()

    def test_what_is_counted_afterwards_is_in_the_history_once(self, directory: Path) -> None:
        cache_manager.get_or_load("general", "id:1", lambda: 1)
        sample()
        reset_everywhere()
        for _ in range(3):
            cache_manager.get_or_load("general", "id:1", lambda: 1)
        sample()
        sample()
        (point,) = history.points("15m", timezone.now())
        assert (point.total.hits, point.total.misses) == (3, 0)


class LogTests:
    def test_each_publication_is_logged_once_and_a_child_writes_to_a_ring_of_its_own(
        self, settings: Any, tmp_path: Path
    ) -> None:
        settings.CACHING = {**settings.CACHING, "DIRECTORY": str(tmp_path)}
        cache_manager.clear("general")
        with forked() as (is_child, _, _):
            if is_child:
                cache_manager.clear("rule")
        found = publications(tmp_path / FOLDER_NAME)
        assert sorted((one.cause, one.tags) for one in found) == [("clear", ("general",)), ("clear", ("rule",))]
        assert len({one.pid for one in found}) == 2
