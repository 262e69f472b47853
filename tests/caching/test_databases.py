"""Which database an alias stands for: that of start-up, another one, or one of a test runner."""

from collections.abc import Iterator

import pytest
from django.core import mail
from django.db import connection, connections

from caching import cache_manager, databases
from caching.databases import change, databases_now, name_of_default, note_connected, note_start

Calls = list[str]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """What was called, in order; afterwards all is as it was."""
    found: Calls = []
    for name in ("_at_start", "_names", "_changed"):
        monkeypatch.setattr(databases, name, type(getattr(databases, name))(getattr(databases, name)))
    monkeypatch.setattr(databases, "on_test", [lambda: found.append("test")])
    monkeypatch.setattr(databases, "on_change", [lambda: found.append("change")])
    note_start()
    return found


@pytest.fixture
def _in_production(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(mail, "outbox")


def connect_to(name: str) -> None:
    """Let the default alias connect to a database of this name, as far as it is noted."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(connections["default"].settings_dict, "NAME", name)
        note_connected(connections["default"])


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
        monkeypatch.delattr(mail, "outbox")
        assert name_of_default() == before
