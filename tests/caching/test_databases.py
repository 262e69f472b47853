"""Which database an alias stands for: that of start-up, another one, or one of a test runner."""

import copy
import pickle
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from unittest import mock

import pytest
from django.core import mail
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from caching import cache_manager, databases
from caching.databases import change, databases_now, name_of_default, note_connected, note_start

Calls = list[str]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """What was called, in order; afterwards all is as it was."""
    found: Calls = []
    for name in ("_at_start", "_names", "_changed", "_told"):
        monkeypatch.setattr(databases, name, type(getattr(databases, name))(getattr(databases, name)))
    monkeypatch.setattr(databases, "on_test", [lambda: found.append("test")])
    monkeypatch.setattr(databases, "on_change", [lambda: found.append("change")])
    note_start()
    return found


@pytest.fixture
def _in_production(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("django.test.utils._TestState.saved_data")


def in_thread(call: Callable[[], Any]) -> Any:
    """Return the result of a call in a thread of its own, where nothing is connected yet."""

    def closing() -> Any:
        try:
            return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(closing).result()


def connect_to(name: str) -> None:
    """Let the default alias connect to a database of this name, as far as it is noted."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(connections["default"].settings_dict, "NAME", name)
        note_connected(connections["default"])


def pickled(settings: dict[str, Any]) -> Any:
    """Return the settings as a test runner hands them to its workers."""
    return pickle.loads(pickle.dumps(settings))  # noqa: S301 (our own)


def set_name(settings: dict[str, Any]) -> None:
    settings["NAME"] = "acme"


def update(settings: dict[str, Any]) -> None:
    settings.update(NAME="acme")


def merge(settings: dict[str, Any]) -> None:
    settings |= {"NAME": "acme"}


def set_anew(settings: dict[str, Any]) -> None:
    del settings["NAME"]
    settings.setdefault("NAME", "acme")


def assign(settings: dict[str, Any]) -> None:
    connections["default"].settings_dict = {**settings, "NAME": "acme"}


def assign_a_copy(settings: dict[str, Any]) -> None:
    connections["default"].settings_dict = settings.copy()
    connections["default"].settings_dict["NAME"] = "acme"


def replace(settings: dict[str, Any]) -> None:
    connections.settings["default"] = {**settings, "NAME": "acme"}
    del connections["default"]
    assert connections["default"].settings_dict["NAME"] == "acme"


CHANGES = [set_name, update, merge, set_anew, assign, assign_a_copy, replace]


class NoteStartTests:
    @pytest.fixture(autouse=True)
    def _settings(self, calls: Calls) -> Iterator[None]:
        settings = connections.settings["default"]
        before = settings.copy()
        yield
        connections.settings["default"] = settings
        settings.update(before)

    @pytest.mark.usefixtures("_in_production")
    @pytest.mark.parametrize("change_name", CHANGES)
    def test_gives_nobody_the_values_of_another_database_that_is_not_connected_to_yet(
        self, monkeypatch: pytest.MonkeyPatch, change_name: Callable[[dict[str, Any]], None]
    ) -> None:
        def read() -> list[Any]:
            cache_manager.set("general", "id:1", "of the first")
            found = [cache_manager.get("general", "id:1")]
            change_name(connections["default"].settings_dict)
            return [*found, cache_manager.get("general", "id:1"), connections["default"].connection]

        monkeypatch.setattr(databases, "on_change", [cache_manager.forget_places])
        assert in_thread(read) == ["of the first", None, None]

    @pytest.mark.usefixtures("_in_production")
    @pytest.mark.parametrize("change_name", CHANGES)
    def test_tells_of_a_change_once(self, calls: Calls, change_name: Callable[[dict[str, Any]], None]) -> None:
        in_thread(lambda: change_name(connections["default"].settings_dict))
        assert (calls, change()) == (["change"], True)

    @pytest.mark.usefixtures("_in_production")
    def test_says_nothing_of_settings_that_name_the_same_database(self, calls: Calls) -> None:
        connections.settings["default"].update(connections.settings["default"], CONN_MAX_AGE=0)
        in_thread(lambda: setattr(connections["default"], "settings_dict", connections.settings["default"]))
        assert calls == []

    def test_leaves_changes_by_a_test_runner_to_its_first_connection(self, calls: Calls) -> None:
        set_name(connections.settings["default"])
        assert (calls, change()) == ([], False)

    def test_watches_the_settings_once(self) -> None:
        before = connections.settings["default"]
        note_start()
        assert connections.settings["default"] is before
        assert connections["default"].settings_dict is before

    def test_lets_aliases_share_their_settings(self, monkeypatch: pytest.MonkeyPatch) -> None:
        shared = connections.settings["default"].copy()
        for alias in ("default", "second"):
            monkeypatch.setitem(connections.settings, alias, shared)
        note_start()
        assert connections.settings["second"] is connections.settings["default"]
        monkeypatch.delattr("django.test.utils._TestState.saved_data")
        set_name(connections.settings["default"])
        assert databases._changed == {"default", "second"}

    @pytest.mark.usefixtures("_in_production")
    @pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, dict.copy, pickled])
    def test_takes_no_notice_of_copies(self, calls: Calls, copied: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        own = copied(connections.settings["default"])
        set_name(own)
        assert (type(own), calls) == (dict, [])

    @pytest.mark.usefixtures("_in_production")
    def test_lets_a_backend_set_its_settings_while_it_is_made(self, calls: Calls) -> None:
        class Backend(type(connections["default"])):  # type: ignore[misc]
            def __init__(self, *args: Any, **kwargs: Any) -> None:
                super().__init__(*args, **kwargs)
                self.settings_dict = {**self.settings_dict, "OPTIONS": {}}

        with mock.patch("django.db.utils.load_backend", return_value=mock.Mock(DatabaseWrapper=Backend)):
            assert in_thread(lambda: connections["default"].settings_dict["OPTIONS"]) == {}
        assert calls == []

    @pytest.mark.usefixtures("_in_production")
    def test_leaves_backends_alone_that_make_a_property_of_their_settings(self, calls: Calls) -> None:
        class Backend(BaseDatabaseWrapper):
            settings_dict = property(lambda self: {"NAME": "acme"}, lambda self, settings: None)  # type: ignore[assignment]

            def __init__(self) -> None:
                self.settings_dict = connections.settings["default"]

        assert (Backend().settings_dict, calls) == ({"NAME": "acme"}, [])

    def test_lets_the_settings_of_a_connection_be_patched(self) -> None:
        before = connections["default"].settings_dict
        with mock.patch.object(connection, "settings_dict", {"NAME": "acme"}):
            assert connections["default"].settings_dict == {"NAME": "acme"}
        assert connections["default"].settings_dict is before


class NoteConnectedTests:
    def test_takes_what_the_settings_name_for_nothing_new(self, calls: Calls) -> None:
        connect_to(connections.settings["default"]["NAME"])
        assert (calls, change(), databases_now()) == ([], False, "")

    def test_starts_anew_for_a_test_runner_and_takes_its_database_for_that_of_start_up(self, calls: Calls) -> None:
        for _ in range(2):
            connect_to("test_of_a_runner")
        assert (calls, change()) == (["test"], False)

    @pytest.mark.usefixtures("_in_production")
    def test_tells_once_that_an_alias_stands_for_another_database(self, calls: Calls) -> None:
        for name in ("acme", "bolt", "acme"):
            connect_to(name)
        assert (calls, change()) == (["change"], True)

    @pytest.mark.usefixtures("_in_production")
    def test_takes_no_mails_for_a_test_runner(self, calls: Calls) -> None:
        assert hasattr(mail, "outbox")
        connect_to("acme")
        assert (calls, change()) == (["change"], True)

    def test_takes_threads_of_tests_for_those_of_tenants(self, calls: Calls) -> None:
        in_thread(lambda: connect_to("acme"))
        assert (calls, change()) == (["change"], True)

    @pytest.mark.usefixtures("_in_production")
    def test_takes_the_first_database_of_a_later_alias_for_one_of_many(
        self, calls: Calls, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def named(name: str) -> str:
            monkeypatch.setitem(connections.settings, "tenant", {**connections.settings["default"], "NAME": name})
            note_connected(connections["tenant"])
            return databases_now()

        found = [in_thread(partial(named, name)) for name in ("acme", "bolt", "acme")]
        assert (calls, found[0]) == (["change"], found[2])
        assert len({"", *found}) == 3

    @pytest.mark.usefixtures("_in_production")
    @pytest.mark.parametrize("alias", ["default", "of its own"])
    def test_takes_no_notice_of_connections_that_an_application_makes(self, calls: Calls, alias: str) -> None:
        for name in ("acme", "bolt"):
            own = connections["default"].copy(alias=alias)
            own.settings_dict["NAME"] = name
            note_connected(own)
        assert (calls, databases_now()) == ([], "")


class DatabasesNowTests:
    @pytest.fixture(autouse=True)
    def _changed(self, db: None, calls: Calls, _in_production: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        connection.ensure_connection()
        connect_to("acme")
        own = databases._database(connection.settings_dict)
        monkeypatch.setattr(connections["default"], "caching_database", own, raising=False)
        cache_manager.reconfigure()
        yield
        databases._changed.clear()
        cache_manager.reconfigure()

    def test_is_empty_for_that_of_start_up(self) -> None:
        assert databases_now() == ""

    def test_tells_others_apart_by_what_the_connection_is_open_to(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(connections["default"], "caching_database", "acme")
        acme = databases_now()
        monkeypatch.setattr(connections["default"], "caching_database", "bolt")
        assert len({"", acme, databases_now()}) == 3

    def test_leaves_out_an_alias_that_is_gone(self) -> None:
        databases._changed.add("gone")
        assert databases_now() == ""

    def test_gives_nobody_the_values_of_another_database(self, monkeypatch: pytest.MonkeyPatch) -> None:
        at_start = connections["default"].caching_database  # type: ignore[attr-defined]
        for name in ("acme", "bolt", at_start):
            monkeypatch.setattr(connections["default"], "caching_database", name)
            assert cache_manager.get("general", "id:1") is None
            cache_manager.set("general", "id:1", name)
            assert cache_manager.get("general", "id:1") == name
        monkeypatch.setattr(connections["default"], "caching_database", "acme")
        assert cache_manager.get("general", "id:1") == "acme"


class NameOfDefaultTests:
    def test_is_that_of_start_up_whatever_the_settings_name_by_now(
        self, calls: Calls, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = name_of_default()
        monkeypatch.setitem(connections.settings["default"], "NAME", "acme")
        assert name_of_default() == "acme"
        monkeypatch.delattr("django.test.utils._TestState.saved_data")
        assert name_of_default() == before
