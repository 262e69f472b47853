"""Where Django meets the cache: changed settings and forks start it anew."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections
from pytest_django.fixtures import Settings

from caching import cache_manager
from caching.coherence.publishing import publisher
from caching.coherence.watcher import watcher_of
from scheduling.models import Employee
from tests.factories import EmployeeFactory


def in_a_fork(do: Any) -> Any:
    """Return what a function returns in a forked child, by JSON."""
    reader, writer = os.pipe()
    if (pid := os.fork()) == 0:
        try:
            answer = do()
        except BaseException as error:  # noqa: BLE001 (told to the parent)
            answer = f"{type(error).__name__}: {error}"
        os.write(writer, json.dumps(answer).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        content = pipe.read()
    os.waitpid(pid, 0)
    return json.loads(content)


class SettingChangedTests:
    def test_caching_takes_effect_at_once(self, settings: Settings) -> None:
        cache_manager.set("general", "id:1", 1)
        settings.CACHING = {**settings.CACHING, "ENABLED": False}
        assert cache_manager.get("general", "id:1") is None
        assert cache_manager.config.ENABLED is False

    def test_caches_takes_effect_at_once(self, file_tier: Path) -> None:
        cache_manager.set("general", "id:1", 1)
        assert cache_manager.runtime.shared is not None
        assert list(file_tier.iterdir())

    def test_another_directory_holds_other_generations(self, settings: Settings, tmp_path: Path) -> None:
        before = publisher.store.stamp(["general"])
        settings.CACHING = {**settings.CACHING, "DIRECTORY": str(tmp_path)}
        after = publisher.store.stamp(["general"])
        assert before is not None
        assert after is not None
        assert before.generations != after.generations
        assert (tmp_path / "generations").exists()

    def test_other_settings_leave_what_is_cached(self, settings: Settings) -> None:
        cache_manager.set("general", "id:1", 1)
        settings.TIME_ZONE = "Europe/Paris"
        assert cache_manager.get("general", "id:1") == 1


class ForkTests:
    def test_the_child_counts_for_itself(self) -> None:
        cache_manager.get_or_load("general", "id:1", lambda: 1)
        cache_manager.get("general", "id:1")

        def count() -> list[int]:
            before = cache_manager.get_stats()
            cache_manager.get("general", "id:2")
            return [before["hits"], before["misses"], cache_manager.get_stats()["misses"]]

        assert in_a_fork(count) == [0, 0, 1]
        assert cache_manager.get_stats()["misses"] == 1

    def test_the_counts_of_a_child_are_in_those_of_the_host(self, settings: Settings, tmp_path: Path) -> None:
        settings.CACHING = {**settings.CACHING, "DIRECTORY": str(tmp_path)}
        cache_manager.get("general", "id:1")
        in_a_fork(lambda: cache_manager.get("general", "id:1"))
        assert cache_manager.get_stats(all_processes=True)["misses"] == 2

    def test_the_child_can_read_and_store(self) -> None:
        def use() -> list[Any]:
            cache_manager.get_or_load("general", "id:1", lambda: "child")
            return [cache_manager.get("general", "id:1"), cache_manager.get_stats()["hits"]]

        cache_manager.get_or_load("general", "id:1", lambda: "parent")
        assert in_a_fork(use) == ["child", 1]
        assert cache_manager.get("general", "id:1") == "parent"

    def test_what_the_child_invalidates_the_parent_drops(self) -> None:
        cache_manager.set("general", "id:1", "parent")
        in_a_fork(lambda: cache_manager.clear("general"))
        assert cache_manager.get("general", "id:1") is None

    def test_what_the_parent_invalidates_the_child_drops(self) -> None:
        reader, writer = os.pipe()

        def wait_and_read() -> list[Any]:
            cache_manager.set("general", "id:1", "child")
            before = cache_manager.get("general", "id:1")
            os.write(writer, b"x")
            os.read(answer_reader, 1)
            return [before, cache_manager.get("general", "id:1")]

        answer_reader, answer_writer = os.pipe()
        result_reader, result_writer = os.pipe()
        if (pid := os.fork()) == 0:
            os.write(result_writer, json.dumps(wait_and_read()).encode())
            os._exit(0)
        os.read(reader, 1)
        cache_manager.clear("general")
        os.write(answer_writer, b"x")
        os.close(result_writer)
        with os.fdopen(result_reader, "rb") as pipe:
            assert json.loads(pipe.read()) == ["child", None]
        os.waitpid(pid, 0)
        for file in (reader, writer, answer_reader, answer_writer):
            os.close(file)

    @pytest.mark.django_db(transaction=True)
    def test_the_child_can_write_rows(self) -> None:
        employee = EmployeeFactory(email="amy@example.com", first_name="Amy")
        assert Employee.objects.get_by_email("amy@example.com").first_name == "Amy"  # type: ignore[union-attr]
        connections.close_all()

        def write() -> str:
            Employee.objects.filter(pk=employee.pk).update(first_name="Zoe")
            found = Employee.objects.get_by_email("amy@example.com")
            connections.close_all()
            assert found is not None
            return found.first_name

        assert in_a_fork(write) == "Zoe"
        assert Employee.objects.get_by_email("amy@example.com").first_name == "Zoe"  # type: ignore[union-attr]


class ConnectionTests:
    @pytest.mark.django_db
    def test_a_connection_is_watched_once(self) -> None:
        watcher = watcher_of(connection)
        assert watcher_of(connection) is watcher
        assert [wrapper for wrapper in connection.execute_wrappers if wrapper == watcher.execute] == [watcher.execute]

    @pytest.mark.django_db(transaction=True)
    def test_a_reopened_connection_is_watched_still(self) -> None:
        employee = EmployeeFactory(email="amy@example.com", first_name="Amy")
        assert Employee.objects.get_by_email("amy@example.com") == employee
        connection.close()
        Employee.objects.filter(pk=employee.pk).update(first_name="Zoe")
        assert Employee.objects.get_by_email("amy@example.com").first_name == "Zoe"  # type: ignore[union-attr]
