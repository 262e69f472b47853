"""What was prefetched with a row is not held. Whether whoever asks for it reads the same, or it was a query of its own.

``prefetch_related("books")`` reads in advance what ``author.books.all()`` gives. With ``Prefetch("books", queryset=…)``
and ``to_attr`` it gives what nothing else would give: only some of the books, or books in another order.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from functools import cache, cached_property
from typing import Any

from django.db import models
from django.db.models.expressions import BaseExpression
from django.db.models.lookups import Lookup
from django.db.models.query import Prefetch
from django.db.models.sql import Query
from django.db.models.sql.where import NothingNode
from django.utils.tree import Node

from .columns import attnames, is_derived

_CACHE = "_prefetched_objects_cache"
_DAY = timedelta(days=1)
_PLAIN = (str, int, type(None), type)  # most parts: looked at first


class Prefetches:
    """What was prefetched with the rows of one value.

    A prefetch makes a query for every row, and hands out one list to all rows that have the same related rows. So each
    list is gone through once, and each relation is asked for its query once, not once for every row.
    """

    def __init__(self) -> None:
        # Keyed by id(). The list is kept alive so that its id is not reused.
        self._lists: dict[int, tuple[list[Any], str | None]] = {}
        self._asked: dict[tuple[type[models.Model], str, bool], _Asked] = {}

    def made_otherwise(self, row: models.Model) -> str | None:
        """Return the name of what was prefetched with a row, or with a row in that, by a query of its own, or None."""
        for name, queryset in row.__dict__.get(_CACHE, {}).items():
            if not isinstance(queryset, models.QuerySet) or not self._is_of_the_relation(row, name, queryset):
                return str(name)
            if queryset._result_cache and (inside := self._in_list(queryset, queryset._result_cache)):
                return f"{name}__{inside}"
        return None

    def _in_list(self, queryset: Any, rows: list[Any]) -> str | None:
        if id(rows) not in self._lists:
            self._lists[id(rows)] = rows, None  # found again if a row is inside of itself
            # The relation's own query adds these too: it is the same.
            given = queryset._query.annotations.keys() | queryset._query.extra.keys()
            found = (self._added_to(row, given) or self.made_otherwise(row) for row in rows)
            self._lists[id(rows)] = rows, next(filter(None, found), None)
        return self._lists[id(rows)][1]

    @staticmethod
    def _added_to(row: models.Model, given: set[str]) -> str | None:
        model = type(row)
        extra = row.__dict__.keys() - attnames(model) - given
        return next((key for key in extra if not key.startswith("_") and not is_derived(model, key)), None)

    def _is_of_the_relation(self, row: models.Model, name: str, queryset: Any) -> bool:
        # Django puts off the relation's filter, which is the only part that differs from row to row, until the query
        # is used. It is not put off for a row without a key, and by generic relations.
        is_put_off = queryset._deferred_filter is not None
        key = (type(row), name, is_put_off)
        asked = self._asked.get(key)
        if asked is None:
            asked = self._asked[key] = _Asked(_asker(row, name, queryset), row, is_put_off)
        # The manager may have asked the row itself for something.
        return asked.is_as(queryset, row) or _Asked(_asker(row, name, queryset), row).is_as(queryset, row)


def own_prefetches(queryset: "models.QuerySet[Any]") -> Iterator[str]:
    """Yield what a query prefetches in another way than whoever asks for it later would read it."""
    for lookup in queryset._prefetch_related_lookups:  # type: ignore[attr-defined]
        if not isinstance(lookup, Prefetch):
            continue
        given = (lookup.queryset, *getattr(lookup, "querysets", ()))
        through: str = lookup.prefetch_through
        names = _managers_asked(queryset.model, through)
        if lookup.to_attr or not all(other is None or _is_of_all_rows(other, names) for other in given):
            yield str(lookup.prefetch_to)


def _is_of_all_rows(queryset: Any, managers: tuple[str, ...]) -> bool:
    """Whether a query gives what a relation to the model does that asks one of the managers."""
    if any(own_prefetches(queryset)):
        return False
    return any(_Asked(getattr(queryset.model, name).all).is_as(queryset) for name in managers)


def _managers_asked(model: Any, path: str) -> tuple[str, ...]:
    """Return the manager that the last relation of a path asks: for many rows it is the default one.

    Nobody knows where a path leads behind a generic foreign key. Either manager will do then.
    """
    field = None
    for name in path.split("__"):
        field = _relations(model).get(name) if model else None
        model = getattr(field, "related_model", None)
    if field is None:
        return "_default_manager", "_base_manager"
    return ("_default_manager",) if field.one_to_many or field.many_to_many else ("_base_manager",)


@cache
def _relations(model: Any) -> dict[str, Any]:
    """Return the relations of a model by the names of their attributes."""
    fields = [field for field in model._meta.get_fields(include_hidden=True) if field.is_relation]
    return {field.get_accessor_name() if hasattr(field, "get_accessor_name") else field.name: field for field in fields}


def _asker(row: models.Model, name: str, queryset: Any) -> Callable[[], Any]:
    """Return what makes the query of a relation of a row. Of a relation unknown to us, the query that it has made."""
    # A twin that has prefetched nothing, so that its managers make the query that they would ask.
    twin = object.__new__(type(row))
    twin.__dict__ = {key: value for key, value in row.__dict__.items() if key != _CACHE}
    manager = getattr(twin, _accessors(type(row)).get(name, name), None)
    ask: Callable[[], Any] = getattr(manager, "get_queryset", lambda: queryset)
    return ask


@cache
def _accessors(model: Any) -> dict[str, str]:
    """Return the attributes of the relations to many rows, by the names under which Django keeps what was prefetched.

    They differ only for a many-to-many relation from its other end.
    """
    found = [field for field in model._meta.related_objects if field.many_to_many]
    return {field.field.related_query_name(): field.get_accessor_name() for field in found}


class _Asked:
    """The query that a manager makes, to compare others with."""

    def __init__(self, ask: Callable[[], Any], row: models.Model | None = None, is_put_off: bool = False) -> None:
        self._ask, self._row, self._is_put_off = ask, row, is_put_off

    @cached_property
    def _queryset(self) -> Any:
        return self._ask()

    @cached_property
    def _first(self) -> list[Any]:
        return self._parts(self._queryset)

    @cached_property
    def _found(self) -> tuple[Any, ...]:
        return self._queryset._iterable_class, *_found_by(self._queryset._query)

    @cached_property
    def _second(self) -> list[Any]:
        """The parts of the query asked for once more. Those that differ say nothing: a moment, a random number."""
        return self._parts(self._ask())

    def _parts(self, queryset: Any) -> list[Any]:
        parts: list[Any] = [queryset._iterable_class]
        is_put_off = self._is_put_off and queryset._deferred_filter
        _take_apart(queryset._query if is_put_off else queryset.query, parts)
        return parts

    def _is_plainly_as(self, queryset: Any) -> bool:
        """Whether both are the same without any condition. With most managers they are: nothing is taken apart then."""
        query = queryset._query
        if not self._is_put_off or query.where.children or query.annotations or not self._queryset._deferred_filter:
            return False
        return (queryset._iterable_class, *_found_by(query)) == self._found

    def is_as(self, queryset: Any, row: models.Model | None = None) -> bool:
        """Whether a query, which may be that of another row, gives the same rows in the same order, as far as we know.

        In doubt it does: what was prefetched by a name is never refused.
        """
        # A router may give another replica each time, so that it is asked only about a database that somebody named.
        if queryset._db != self._queryset._db and queryset.db != self._queryset.db:
            return False
        if self._is_plainly_as(queryset):
            return True
        parts = self._parts(queryset)
        if parts == self._first:
            return True
        if not len(parts) == len(self._first) == len(self._second):
            return False
        compared = zip(parts, self._first, self._second, strict=True)
        return all(
            part == asked or asked != again or _are_near(part, asked) or self._are_of_rows(part, asked, row)
            for part, asked, again in compared
        )

    def _are_of_rows(self, part: Any, asked: Any, row: models.Model | None) -> bool:
        """Whether both values are what the rows have in the same column; a generic relation has them as texts."""
        if row is None or self._row is None or row is self._row:
            return False
        one, other = row.__dict__, self._row.__dict__
        return any(
            str(one[name]) == str(part) and str(other[name]) == str(asked)
            for name in attnames(type(row))
            if name in one and name in other
        )


def _take_apart(thing: Any, parts: list[Any]) -> None:
    """Add to the parts what a query consists of, down to what can be compared.

    Django's own comparison finds that no two subqueries are equal.
    """
    inside: Any
    if isinstance(thing, _PLAIN):
        parts.append(thing)
        return
    if isinstance(thing, models.QuerySet):
        _take_apart(thing.query, parts)
        return
    if isinstance(thing, Query):
        inside = _found_by(thing)
    elif isinstance(thing, Node):
        parts += thing.connector, thing.negated
        inside = thing.children
    elif isinstance(thing, Lookup):
        inside = (thing.lhs, thing.rhs)
    elif isinstance(thing, NothingNode):
        inside = ()
    elif hasattr(thing, "_constructor_args"):
        inside = thing._constructor_args
    elif isinstance(thing, BaseExpression):
        inside = thing.get_source_expressions()  # of a subquery: its query
    elif isinstance(thing, (list, tuple)):
        inside = thing
    elif isinstance(thing, dict):
        inside = (*thing, *thing.values())
    else:
        parts.append(thing)
        return
    parts += type(thing), len(inside)
    for part in inside:
        _take_apart(part, parts)


def _found_by(query: Any) -> tuple[Any, ...]:
    """Return what decides which rows a query gives, in which order, and what they have beside their columns."""
    return (
        *(query.model, query.where, query.annotation_select, query.extra, query.select, query.group_by),
        *(query.combinator, query.combined_queries),
        *(query.order_by, query.extra_order_by, query.default_ordering, query.standard_ordering),
        *(query.distinct, query.distinct_fields, query.low_mark, query.high_mark),
    )


def _are_near(one: Any, other: Any) -> bool:
    """Whether both are moments within a day, as "today" is, asked before midnight and after it."""
    if isinstance(one, datetime) and isinstance(other, datetime):
        return (one.tzinfo is None) == (other.tzinfo is None) and abs(one - other) <= _DAY
    return type(one) is type(other) is date and abs(one - other) <= _DAY
