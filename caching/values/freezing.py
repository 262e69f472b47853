"""Convert a value to its frozen form, and back to a copy.

The set of types is fixed: None, bool, int, float, str, bytes, datetime, date, time, timedelta, Decimal, UUID; tuple,
list, dict, set, frozenset; the dataclasses declared for the cache type; rows of watched models, with the rows that
``select_related`` joined to them.
"""

import dataclasses
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from asgiref.sync import sync_to_async
from django.db import models
from django.db.models.fields.files import FieldFile

from ..exceptions import Uncacheable
from .columns import attnames, foreign_keys, is_derived, key_names
from .construction import is_kept_elsewhere, is_plain, makes_its_own_rows
from .fetching import Peers, have_peers, mode_of, mode_of_form, row_of
from .fields import held, is_range, made_fields
from .forms import Collection, Content, Frozen, Mapped, Record, Row, RowName
from .joined import References
from .lazy import is_instance
from .prefetched import Prefetches
from .records import is_frozen
from .sameness import is_same
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
        self.have_peers = False
        """Whether any of the rows found fetches for others."""
        self._references = references
        # Keyed by id(). The instance is kept alive so that its id is not reused.
        self._frozen: dict[int, tuple[models.Model, Row, frozenset[RowName]]] = {}

    def frozen(self, row: models.Model) -> Row | None:
        """Return the form of an instance that was frozen before, and add its rows to those found; None if it is new."""
        known = self._frozen.get(id(row))
        if known is None:
            return None
        self.found |= known[2]
        self.have_peers = self.have_peers or have_peers(known[1])
        return known[1]

    @cached_property
    def prefetched(self) -> Prefetches:
        """What was prefetched with any of the rows."""
        return Prefetches()

    @property
    def are_of_a_query(self) -> bool:
        """Whether nobody has touched the instances since a look-up's query gave them."""
        return self._references is None

    def are_loaded_with(self, row: models.Model, name: str) -> bool:
        """Whether the instance joined to a row under a name was loaded with it. The rows of a look-up's query are."""
        joined = row._state.fields_cache
        if self._references is None or joined[name] is None:
            return True
        if not is_instance(joined[name]):
            return False  # a lazy object: who asks for the row gets it from the database
        return self._references.are_all_inside(joined, name) and not joined[name]._state.adding

    def remember(self, row: models.Model, frozen: Row, contained: Iterable[RowName]) -> None:
        self._frozen[id(row)] = row, frozen, frozenset(contained)
        self.have_peers = self.have_peers or have_peers(frozen)


def freeze(value: Any, declared: tuple[type, ...] = (), rows: Rows | None = None) -> Content:
    """Return the value in a form that nothing else can change; raise Uncacheable for a type outside the set.

    Pass the same ``rows`` when freezing several values that share instances, all of which were loaded for them.
    """
    rows = Rows(References(value)) if rows is None else rows
    rows.found, rows.have_peers = set(), False
    try:
        frozen = _freeze(value, declared, rows)
    except RecursionError as error:
        raise Uncacheable("A value that contains itself, or is nested too deeply, cannot be cached.") from error
    if rows.have_peers and not isinstance(frozen, Row):
        frozen = Peers(frozen)
    return Content(frozen, frozenset(rows.found))


def thaw(value: Any) -> Any:
    """Return a copy of a frozen value; the caller may change it."""
    return value.thaw() if isinstance(value, Frozen) else value


async def athaw(value: Any) -> Any:
    """Return the same as ``thaw``, in another thread if code of somebody else runs: it may query the database."""
    if isinstance(value, Frozen) and value.may_query():
        return await sync_to_async(thaw)(value)
    return thaw(value)


def _freeze(value: Any, declared: tuple[type, ...], rows: Rows) -> Any:
    kind = type(value)
    if kind in ATOMS:
        if kind in (datetime, time) and not _is_known_zone(value.tzinfo):
            raise Uncacheable(f"{value!r} has a time zone that cannot be cached; use zoneinfo or datetime.timezone.")
        if kind is str and not value.isascii() and not _is_unicode(value):
            raise Uncacheable(f"{value!r} contains half of a surrogate pair, which cannot be cached.")
        return value
    if isinstance(value, models.Model) and is_instance(value):
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
    if isinstance(value, models.Model):
        return f"A {name} cannot be cached; cache the {value._meta.label} that it stands for, from its own query."
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
    if not rows.are_of_a_query and (name := rows.prefetched.made_otherwise(row)):
        raise Uncacheable(
            f"This {model._meta.label} has prefetched {name!r} by a query of its own, and a hit would give what the "
            "relation gives. Cache the list that you need, beside the row."
        )
    try:
        outside, rows.found = rows.found, {(model, pk, state.db)}
    except TypeError:
        raise Uncacheable(f"A {model._meta.label} cannot be cached: its key {pk!r} can be changed.") from None
    namespace = row.__dict__
    columns = attnames(model)
    fields = {name: value for name, value in namespace.items() if name in columns}
    extra = _extra_attributes(row, columns, rows) if len(fields) + 1 < len(namespace) else set()
    plain = is_plain(model)
    if not plain:
        elsewhere = [name for name in columns.keys() - fields if is_kept_elsewhere(model, name)]
        fields |= {name: getattr(row, name) for name in elsewhere}
    made = made_fields(model).difference(key_names(model))
    changeable = {name: value for name, value in fields.items() if type(value) not in ATOMS or name in made}
    frozen_fields = {}
    for name, value in changeable.items():
        try:
            frozen_fields[name] = _freeze_field(row, name, value, is_made=name in made)
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
    frozen = row_of(mode_of(row))(model, state.db, share(model, fields), still_frozen, related)
    if not plain:
        extra = extra - _made_again(row, frozen, columns)
    if extra:
        raise Uncacheable(
            f"This {model._meta.label} has attributes that are not fields ({', '.join(sorted(extra))}); "
            "cache a dataclass that has them."
        )
    rows.remember(row, frozen, rows.found)
    rows.found |= outside
    return frozen


def _freeze_field(row: models.Model, name: str, value: Any, *, is_made: bool) -> Any:
    if not is_made:
        inside = Rows()
        try:
            frozen = _freeze(value, (), inside)
        except Uncacheable:
            pass
        else:
            if not inside.found:  # a row inside the value of a field would have to be watched
                return frozen
    return held(type(row), name, row._state.db, value)


def _extra_attributes(row: models.Model, columns: Iterable[str], rows: Rows) -> set[str]:
    """Return the attributes that are no field and that cannot be computed again.

    What a function has cached in a row under a name with an underscore can be. Rows just loaded have none, unless their
    query sets it.
    """
    model: Any = type(row)
    extra = {name for name in row.__dict__.keys() - columns if not is_derived(model, name)}
    private = {name for name in extra if name.startswith("_")}
    if private and not rows.are_of_a_query and not makes_its_own_rows(model._default_manager.all()):
        return extra - private
    return extra


def _made_again(row: models.Model, frozen: Row, columns: Iterable[str]) -> set[str]:
    """Return the names of the attributes of the instance that a hit would give; raise Uncacheable if it is another.

    The constructor got what was in the columns. On a hit it gets what it has made of that.
    """
    alone = row_of(mode_of_form(frozen))(frozen.model, frozen.db, frozen.fields, frozen.frozen_fields, ())
    try:
        again = alone.thaw()
        names = [*frozen.fields, *(name for name, _ in frozen.frozen_fields)]
        changed = [
            name
            for name in names
            if not is_same(alone.value(name), _value_in(again, name))
            and not is_same(_value_in(row, name), _value_in(again, name))
        ]
        state = again.__dict__.keys() - columns - {"_state"}
        other = [name for name in state & row.__dict__.keys() if not _is_same_in(row, again, name)]
        if other:  # unless they differ each time, as a moment does
            third = alone.thaw()
            changed += [name for name in other if _is_same_in(again, third, name)]
    except Exception as error:  # a constructor of somebody else may raise anything
        raise Uncacheable(f"{_refused(row)} raises {error!r} if it is given the fields of an instance.") from error
    if changed:
        names_of_them = ", ".join(sorted(changed))
        raise Uncacheable(f"{_refused(row)} changes what it is given ({names_of_them}), and would do so twice.")
    return set(state)


def _value_in(row: models.Model, name: str) -> Any:
    value = row.__dict__[name] if name in row.__dict__ else getattr(row, name)
    return value.name if isinstance(value, FieldFile) else value


def _is_same_in(row: models.Model, other: models.Model, name: str) -> bool:
    return is_same(row.__dict__[name], other.__dict__.get(name))


def _refused(row: models.Model) -> str:
    return (
        f"An instance of {row._meta.label} cannot be cached; cache what you need of it, or read it by a look-up. What "
        "constructs it (from_db, __init__, a receiver or a descriptor)"
    )
