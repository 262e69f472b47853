"""Which database an alias stands for. Test runners change it, and so do projects with a database for each tenant.

Keys and generations name aliases. If the settings of an alias name another database than they did at start-up, then
the database is a part of every key from then on, and generations keep the name that they had. A test runner changes the
settings once for the whole process, which starts anew.
"""

import threading
from collections.abc import Callable
from hashlib import blake2b
from typing import Any

from django.core import mail
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.connection import ConnectionDoesNotExist

_at_start: dict[str, str] = {}
"""The databases of the aliases, as all processes of the project know them."""
_names: dict[str, str] = {}
"""The same without the server: one process may reach it by another address than the next."""
_changed: set[str] = set()
"""The aliases that have stood for another database since then, outside of tests."""
on_test: list[Callable[[], None]] = []
"""Called when a test runner has changed the database of an alias."""
on_change: list[Callable[[], None]] = []
"""Called when an alias stands for another database for the first time."""


def note_start() -> None:
    """Remember what the settings name before anybody has changed them."""
    _changed.clear()
    _at_start.clear()
    for alias in connections:
        _at_start[alias] = _database(connections.settings[alias])
        _names[alias] = str(connections.settings[alias].get("NAME", ""))


def note_connected(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    """Note which database a new connection is to: the settings of its alias may be others by the time of a read.

    The receiver of ``connection_created``.
    """
    now = _database(connection.settings_dict)
    connection.caching_database = now  # type: ignore[attr-defined]
    if _of_this_thread(connection.alias) is not connection or now == _at_start.setdefault(connection.alias, now):
        # Nobody reads by a look-up on a connection that an application has made for itself.
        return
    if not _is_test():
        if connection.alias not in _changed:
            _changed.add(connection.alias)
            _call(on_change)
    elif threading.current_thread() is threading.main_thread():
        _at_start[connection.alias] = now
        _call(on_test)


def change() -> bool:
    """Whether aliases have stood for other databases than at start-up, so that the database must be part of a key."""
    return bool(_changed)


def databases_now() -> str:
    """Return which aliases stand for another database than at start-up, in this thread; "" if none does."""
    found = ((alias, _of_this_thread(alias)) for alias in sorted(_changed))
    named = {alias: _now(connection) for alias, connection in found if connection is not None}
    return " ".join(f"{alias}={_digest(name)}" for alias, name in named.items() if name != _at_start[alias])


def name_of_default() -> str:
    """Return the name under which processes of the project share generations; a test database has its own."""
    now = str(connections.settings[DEFAULT_DB_ALIAS].get("NAME", ""))
    return now if _is_test() else _names.get(DEFAULT_DB_ALIAS, now)


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


def _is_test() -> bool:
    """Whether a test runner has set up its environment: it then collects the mails that are sent."""
    return hasattr(mail, "outbox")


def _call(listeners: list[Callable[[], None]]) -> None:
    for listener in listeners:
        listener()
