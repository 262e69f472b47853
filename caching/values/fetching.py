"""How a row fetches later what it was loaded without: alone, for all rows of its query, or not at all.

The modes of Django 6.1, ``FETCH_PEERS`` and ``FETCH_RAISE``. A row from a hit has the mode that the query gave it. Its
peers are the rows that its reader gets together with it, and no others: not those of another reader.
"""

import dataclasses
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import Any
from weakref import ref

from django.db import models

from ..exceptions import Uncacheable
from .columns import FETCH_ONE, names_and_reader
from .forms import Frozen, Row

MODES: dict[str, Any] = {
    name: getattr(models, name) for name in ("FETCH_PEERS", "FETCH_RAISE") if hasattr(models, name)
}
"""The modes other than the usual one, by name; none before Django 6.1."""
_Together = defaultdict[tuple[tuple[str, ...], type[models.Model], "str | None"], list[models.Model]]


class FetchedRow(Row):
    """A row whose instances have another mode than the usual one."""

    mode: str

    def thaw(self) -> models.Model:
        row, mode = Row.thaw(self), MODES[self.mode]
        state: Any = row._state
        state.fetch_mode = mode
        if mode.track_peers:
            state.peers = [ref(row)]
        return row

    @property
    def fetch_mode(self) -> Any:
        return MODES[self.mode]


class Peers(Frozen):
    """A value in which rows are that fetch for one another."""

    __slots__ = ("value",)

    def __init__(self, value: Frozen) -> None:
        self.value = value

    def thaw(self) -> Any:
        value = self.value.thaw()
        introduce(value)
        return value

    def may_query(self) -> bool:
        return self.value.may_query()


def row_of(mode: str) -> Callable[..., Row]:
    """Return what makes the frozen rows of a mode of its parts; "" is the usual mode."""
    return partial(_fetched, mode) if mode else Row


def _fetched(mode: str, *parts: Any) -> Row:
    return FetchedRow(*parts, mode)  # type: ignore[call-arg]


def mode_of(row: models.Model) -> str:
    """Return the name of the mode of an instance, "" for the usual one; raise Uncacheable if it is not Django's."""
    mode = row._state.__dict__.get("fetch_mode")
    if mode is None or mode is FETCH_ONE:
        return ""
    if (name := _name_of(mode)) is None:
        raise Uncacheable(
            f"A {row._meta.label} with the fetch mode {type(mode).__qualname__} cannot be cached; it can with one of "
            "Django's, such as FETCH_PEERS."
        )
    return name


def mode_of_query(queryset: "models.QuerySet[Any]") -> str | None:
    """Return the name of the mode that the instances of a query get, "" for the usual one; None if not Django's."""
    mode = getattr(queryset, "_fetch_mode", FETCH_ONE)
    if mode is FETCH_ONE:
        return ""
    model: Any = queryset.model
    _, _, has_from_db, is_told_mode = names_and_reader(model)
    return _name_of(mode) if is_told_mode or not has_from_db else ""


def _name_of(mode: Any) -> str | None:
    return next((name for name, known in MODES.items() if mode is known), None)


def mode_of_form(row: Row) -> str:
    """Return the name of the mode of a frozen row; "" is the usual one."""
    return row.mode if isinstance(row, FetchedRow) else ""


def have_peers(row: Row) -> bool:
    """Whether the instances of a frozen row fetch for one another."""
    return bool(isinstance(row, FetchedRow) and row.fetch_mode.track_peers)


def introduce(value: Any) -> None:
    """Let the rows in a value, which one reader gets, know of one another, if they fetch for one another."""
    together: _Together = defaultdict(list)
    _gather(value, (), together, set())
    for rows in together.values():
        peers = list(map(ref, rows))
        for row in rows:
            row._state.peers = peers


def introduce_found(found: dict[Any, Any]) -> None:
    """Do the same with answers of a look-up, as if one query had given them all; so one row tells of all."""
    for answer in found.values():
        for one in answer if isinstance(answer, list) else (answer,):
            if getattr(one._state, "peers", None):
                introduce(found)
            return


def _gather(value: Any, path: tuple[str, ...], together: _Together, seen: set[int]) -> None:
    if isinstance(value, models.Model):
        state: Any = value._state
        if id(value) not in seen and state.fetch_mode.track_peers:
            seen.add(id(value))
            together[path, type(value), state.db].append(value)
            for name, other in state.fields_cache.items():
                _gather(other, (*path, name), together, seen)
        return
    if isinstance(value, dict):
        inside: Any = value.values()
    elif isinstance(value, (list, tuple, set, frozenset)):
        inside = value
    elif dataclasses.is_dataclass(value):
        inside = [getattr(value, field.name) for field in dataclasses.fields(value)]
    else:
        return
    for part in inside:
        _gather(part, path, together, seen)
