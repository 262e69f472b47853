"""Which database an alias stands for. Test runners change it, and so do projects with a database for each tenant.

Keys and generations name aliases. If the settings of an alias name another database than they did at start-up, then
the database is a part of every key from then on, and generations keep the name that they had. A test runner changes the
settings once for the whole process, which starts anew.

A hit opens no connection and asks nothing here until an alias has changed. So the settings themselves tell when they
are changed; whatever is changed in another way is noticed when Django makes or opens the next connection.
"""

import sys
import threading
from collections.abc import Callable
from functools import wraps
from hashlib import blake2b
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.connection import ConnectionDoesNotExist

_at_start: dict[str, str] = {}
"""The databases of the aliases, as all processes of the project know them."""
_names: dict[str, str] = {}
"""The same without the server: one process may reach it by another address than the next."""
_changed: set[str] = set()
"""The aliases that have stood for another database since then, outside of tests."""
_told: set[str] = set()
"""Those of them of which ``on_change`` has been told to the end."""
on_test: list[Callable[[], None]] = []
"""Called when a test runner has changed the database of an alias."""
on_change: list[Callable[[], None]] = []
"""Called when an alias stands for another database for the first time."""


def note_start() -> None:
    """Remember what the settings name before anybody has changed them, and watch them from now on."""
    for known in (_changed, _told, _at_start):
        known.clear()
    _watch_settings()
    for alias in connections:
        _at_start[alias] = _database(connections.settings[alias])
        _names[alias] = str(connections.settings[alias].get("NAME", ""))


def note_connected(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    """Note which database a new connection is to: the settings of its alias may be others by the time of a read.

    The receiver of ``connection_created``.
    """
    now = _database(connection.settings_dict)
    connection.caching_database = now  # type: ignore[attr-defined]
    # An alias that is unknown at start-up has no database of start-up: the first one differs from process to process.
    if _of_this_thread(connection.alias) is not connection or now == _at_start.get(connection.alias):
        # Nobody reads by a look-up on a connection that an application has made for itself.
        return
    if not _is_of_a_test_runner():
        _note_change(connection.alias)
        return
    _at_start[connection.alias] = now
    _call(on_test)


def change() -> bool:
    """Whether aliases have stood for other databases than at start-up, so that the database must be part of a key."""
    return bool(_changed)


def databases_now() -> str:
    """Return which aliases stand for another database than at start-up, in this thread; "" if none does."""
    found = ((alias, _of_this_thread(alias)) for alias in sorted(_changed))
    named = {alias: _now(connection) for alias, connection in found if connection is not None}
    return " ".join(f"{alias}={_digest(name)}" for alias, name in named.items() if name != _at_start.get(alias))


def name_of_default() -> str:
    """Return the name under which processes of the project share generations; a test database has its own."""
    now = str(connections.settings[DEFAULT_DB_ALIAS].get("NAME", ""))
    return now if is_test() else _names.get(DEFAULT_DB_ALIAS, now)


def is_test() -> bool:
    """Whether a test runner has set up its environment.

    ``mail.outbox`` does not tell: the e-mail backend "locmem" makes one wherever it is used.
    """
    utils = sys.modules.get("django.test.utils")
    return hasattr(getattr(utils, "_TestState", None), "saved_data")


def _of_this_thread(alias: str) -> Any:
    """Return the connection that Django uses in this thread; None for an alias that no settings know."""
    try:
        return connections[alias]
    except ConnectionDoesNotExist:
        return None


def _now(connection: Any) -> str:
    open_to: str | None = None if connection.connection is None else getattr(connection, "caching_database", None)
    return open_to or _database(connection.settings_dict)


def _database(settings: Any) -> str:
    return " ".join(str(settings.get(name) or "") for name in ("ENGINE", "HOST", "PORT", "NAME"))


def _digest(name: str) -> str:
    return blake2b(name.encode(), digest_size=8).hexdigest()


def _is_of_a_test_runner() -> bool:
    """Whether a change of now is that of a test runner. Threads that run in tests change only their tenant."""
    return is_test() and threading.current_thread() is threading.main_thread()


def _note_change(alias: str) -> None:
    if alias in _told:
        return
    _changed.add(alias)
    # Whoever comes before another thread is done with this does it too, rather than read what is not dropped yet.
    _call(on_change)
    _told.add(alias)


def _call(listeners: list[Callable[[], None]]) -> None:
    for listener in listeners:
        listener()


# -- settings that tell when they are changed -------------------------------------------------------------------------


class _WatchedSettings(dict[str, Any]):
    """The settings of one alias or of several. Copies of them are plain dicts, which nobody connects by."""

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (dict(self),)


def _telling(name: str) -> Any:
    """Return the method of dicts of this name, which then notes what the settings name by now."""
    change = getattr(dict, name)

    @wraps(change)
    def changing(self: _WatchedSettings, *args: Any, **kwargs: Any) -> Any:
        try:
            return change(self, *args, **kwargs)
        finally:
            for alias in _aliases_of(self):
                _note_settings(alias, self)

    return changing


for _name in ("__setitem__", "__delitem__", "__ior__", "clear", "pop", "popitem", "setdefault", "update"):
    setattr(_WatchedSettings, _name, _telling(_name))


class _SettingsOfConnections:
    """The attribute ``settings_dict`` of all connections."""

    def __get__(self, connection: Any, owner: type | None = None) -> Any:
        if connection is None:
            return self
        try:
            return vars(connection)["settings_dict"]
        except KeyError:
            raise AttributeError("settings_dict") from None

    def __set__(self, connection: Any, settings: Any) -> None:
        vars(connection)["settings_dict"] = settings
        if "alias" not in vars(connection):
            # It is being made, by settings that the alias may have been given since start-up.
            aliases = _aliases_of(settings)
        else:
            # Not ``connections[alias]``, which would make another one while a backend still makes this one.
            alias, of_thread = connection.alias, connections._connections  # type: ignore[attr-defined]
            aliases = [alias] if connection is getattr(of_thread, alias, None) else []
        for alias in aliases:
            _note_settings(alias, settings)

    def __delete__(self, connection: Any) -> None:
        # unittest.mock deletes what it has set through ``django.db.connection``.
        vars(connection).pop("settings_dict", None)


def _watch_settings() -> None:
    """Have the settings of all aliases watched: in ``connections``, in ``settings.DATABASES`` and in connections."""
    if "settings_dict" not in vars(BaseDatabaseWrapper):
        BaseDatabaseWrapper.settings_dict = _SettingsOfConnections()  # type: ignore[assignment]
    # By identity: aliases may share their settings, and a connection may have its own.
    before, watched = dict(connections.settings), dict[int, _WatchedSettings]()
    for alias, settings in before.items():
        if not isinstance(settings, _WatchedSettings):
            connections.settings[alias] = watched.setdefault(id(settings), _WatchedSettings(settings))
    for connection in connections.all(initialized_only=True):
        if (found := watched.get(id(connection.settings_dict))) is not None:
            vars(connection)["settings_dict"] = found


def _aliases_of(settings: Any) -> list[str]:
    """Return the aliases by whose next connection Django would use these settings."""
    return [alias for alias, own in list(connections.settings.items()) if own is settings]


def _note_settings(alias: str, settings: Any) -> None:
    # A plain dict tells nothing of what is changed in it later, so the alias is asked at each read from now on.
    differs = not isinstance(settings, _WatchedSettings) or _database(settings) != _at_start.get(alias)
    # What a test runner names is noted with its first connection: until then it has not made that database.
    if differs and not _is_of_a_test_runner():
        _note_change(alias)
