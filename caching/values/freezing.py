"""Convert a value to its frozen form, and back to a copy.

The set of types is fixed: None, bool, int, float, str, bytes, datetime, date, time, timedelta, Decimal, UUID; tuple,
list, dict, set, frozenset; the dataclasses declared for the cache type; rows of watched models, with the rows that
``select_related`` joined to them.
"""

import dataclasses
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import models

from ..exceptions import Uncacheable
from .columns import attnames, foreign_keys, is_derived, key_names
from .construction import is_kept_elsewhere, is_plain
from .fields import held, is_range
from .forms import Collection, Content, Frozen, Mapped, Record, Row, RowName
from .joined import References
from .records import is_frozen
from .sharing import share

ATOMS = frozenset({type(None), bool, int, float, str, bytes, datetime, date, time, timedelta, Decimal, UUID})
_ALLOWED = (
    "None, bool, int, float, str, bytes, datetime, date, time, timedelta, Decimal, UUID, tuple, list, dict, set, "
    "frozenset, the dataclasses declared for the cache type and rows of watched models"
)


class Rows:
    """The rows found while several values are frozen together. A row that they share is frozen only once."""

    def __init__(self, references: References | None = None) -> None:
        self.found: set[RowName] = set()
        self._references = references
        # Keyed by id(). The instance is kept alive so that its id is not reused.
        self._frozen: dict[int, tuple[models.Model, Row, frozenset[RowName]]] = {}

    def frozen(self, row: models.Model) -> Row | None:
        """Return the form of an instance that was frozen before, and add its rows to those found; None if it is new."""
        known = self._frozen.get(id(row))
        if known is None:
            return None
        self.found |= known[2]
        return known[1]

    def are_loaded_with(self, row: models.Model, name: str) -> bool:
        """Whether the instance joined to a row under a name was loaded with it. The rows of a look-up's query are."""
        joined = row._state.fields_cache
        if self._references is None or joined[name] is None:
            return True
        return self._references.are_all_inside(joined, name) and not joined[name]._state.adding

    def remember(self, row: models.Model, frozen: Row, contained: Iterable[RowName]) -> None:
        self._frozen[id(row)] = row, frozen, frozenset(contained)


def freeze(value: Any, declared: tuple[type, ...] = (), rows: Rows | None = None) -> Content:
    """Return the value in a form that nothing else can change; raise Uncacheable for a type outside the set.

    Pass the same ``rows`` when freezing several values that share instances, all of which were loaded for them.
    """
    rows = Rows(References(value)) if rows is None else rows
    rows.found = set()
    try:
        return Content(_freeze(value, declared, rows), frozenset(rows.found))
    except RecursionError as error:
        raise Uncacheable("A value that contains itself, or is nested too deeply, cannot be cached.") from error


def thaw(value: Any) -> Any:
    """Return a copy of a frozen value; the caller may change it."""
    return value.thaw() if isinstance(value, Frozen) else value


def _freeze(value: Any, declared: tuple[type, ...], rows: Rows) -> Any:
    kind = type(value)
    if kind in ATOMS:
        if kind in (datetime, time) and not _is_known_zone(value.tzinfo):
            raise Uncacheable(f"{value!r} has a time zone that cannot be cached; use zoneinfo or datetime.timezone.")
        if kind is str and not value.isascii() and not _is_unicode(value):
            raise Uncacheable(f"{value!r} contains half of a surrogate pair, which cannot be cached.")
        return value
    if isinstance(value, models.Model):
        return _freeze_row(value, rows)
    if kind is dict:
        pairs = tuple((_freeze_key(key, declared), _freeze(item, declared, rows)) for key, item in value.items())
        return Mapped(pairs)
    if kind in (list, tuple, set, frozenset):
        items = tuple(_freeze(item, declared, rows) for item in value)
        if kind in (tuple, frozenset) and not any(isinstance(item, Frozen) for item in items):
            return value
        return Collection(kind, items)
    if kind in declared:
        fields = tuple(
            (field.name, _freeze(getattr(value, field.name), declared, rows)) for field in dataclasses.fields(value)
        )
        unchangeable = is_frozen(kind) and not any(isinstance(item, Frozen) for _, item in fields)
        return value if unchangeable else Record(kind, fields)
    if is_range(value):
        return value
    raise Uncacheable(_refusal(value, declared))


def _is_known_zone(zone: Any) -> bool:
    """Whether the time zone can be restored from its name or offset."""
    return zone is None or type(zone) is timezone or (type(zone) is ZoneInfo and zone.key is not None)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _refusal(value: Any, declared: tuple[type, ...]) -> str:
    kind = type(value)
    name = f"{kind.__module__}.{kind.__qualname__}"
    if isinstance(value, models.QuerySet):
        return f"A QuerySet of {value.model._meta.label} cannot be cached before it is evaluated; cache list(queryset)."
    if dataclasses.is_dataclass(kind):
        return f"The dataclass {name} is not declared: CacheType(…, dataclasses=({kind.__name__},))."
    return f"A value of type {name} cannot be cached. Cacheable are {_ALLOWED}."


def _freeze_key(key: Any, declared: tuple[type, ...]) -> Any:
    frozen = _freeze(key, declared, Rows())
    if isinstance(frozen, Frozen):
        raise Uncacheable(f"A dict with the key {key!r} cannot be cached; use keys of plain values.")
    return frozen


def _freeze_row(row: models.Model, rows: Rows) -> Row:
    if (known := rows.frozen(row)) is not None:
        return known
    model, state, pk = type(row), row._state, row.pk
    if state.adding or pk is None:
        raise Uncacheable(f"An unsaved {model._meta.label} cannot be cached; save it or cache what it holds.")
    outside, rows.found = rows.found, {(model, pk, state.db)}
    namespace = row.__dict__
    columns = attnames(model)
    fields = {name: value for name, value in namespace.items() if name in columns}
    extra = _extra_attributes(model, namespace.keys() - columns) if len(fields) + 1 < len(namespace) else set()
    plain = is_plain(model)
    if not plain:
        elsewhere = [name for name in columns.keys() - fields if is_kept_elsewhere(model, name)]
        fields |= {name: getattr(row, name) for name in elsewhere}
    changeable = {name: value for name, value in fields.items() if type(value) not in ATOMS}
    frozen_fields = {}
    for name, value in changeable.items():
        try:
            frozen_fields[name] = _freeze_field(row, name, value, rows)
        except Uncacheable:
            if not plain or name in key_names(model):
                raise
            del fields[name]  # it is deferred: who asks for it gets it from the database
    # Decided before the names of a loop refer to them.
    joined = {name for name in state.fields_cache if name in foreign_keys(model) and rows.are_loaded_with(row, name)}
    related = tuple(
        (name, None if other is None else _freeze_row(other, rows))
        for name, other in list(state.fields_cache.items())
        if name in joined
    )
    for name, value in frozen_fields.items():
        del fields[name]
        if not isinstance(value, Frozen):
            fields[name] = value
    still_frozen = tuple((name, value) for name, value in frozen_fields.items() if isinstance(value, Frozen))
    frozen = Row(model, state.db, share(model, fields), still_frozen, related)
    if extra and (plain or (extra := extra - frozen.thaw().__dict__.keys())):
        raise Uncacheable(
            f"This {model._meta.label} has attributes that are not fields ({', '.join(sorted(extra))}); "
            "cache a dataclass that has them."
        )
    rows.remember(row, frozen, rows.found)
    rows.found |= outside
    return frozen


def _freeze_field(row: models.Model, name: str, value: Any, rows: Rows) -> Any:
    try:
        return _freeze(value, (), rows)
    except Uncacheable:
        return held(type(row), name, row._state.db, value)


def _extra_attributes(model: type[models.Model], names: Iterable[str]) -> set[str]:
    """Return the attributes that are no field and that cannot be computed again."""
    return {name for name in names if not is_derived(model, name)}
