"""The filter of a default manager: is it always the same, and if not, which one applies now?

A manager may filter by a tenant that it takes from a context variable, or by the time. Its rows are then no function of
the value that a look-up is asked for, so the filter, with its parameters, is part of the place where an answer is held.
"""

import logging
from collections.abc import Callable, Iterator
from datetime import date, time, timedelta
from decimal import Decimal
from functools import cache
from hashlib import blake2b
from inspect import getattr_static
from types import FunctionType
from typing import Any
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db import models
from django.db.models.functions.datetime import TimezoneMixin
from django.db.models.manager import BaseManager
from django.db.models.query import ModelIterable
from django.db.models.sql import Query

from ..coherence.texts import tables_named
from ..values.fetching import mode_of_query
from .managers import NO_CONTEXT

logger = logging.getLogger("caching")
_MAX_TEXTS = 1000
_CONSTANT_NAMES = frozenset(
    {
        *("super", "models", "Q", "F", "get_queryset", "filter", "exclude", "select_related", "prefetch_related"),
        *("order_by", "defer", "only", "model", "_db", "_queryset_class"),
        *("fetch_mode", "FETCH_ONE", "FETCH_PEERS", "FETCH_RAISE"),
    }
)
"""What a ``get_queryset`` may refer to whose filter is the same in every call."""
_CONSTANT_GLOBALS = {"models": models, "Q": models.Q, "F": models.F} | {
    name: getattr(models, name) for name in ("FETCH_ONE", "FETCH_PEERS", "FETCH_RAISE") if hasattr(models, name)
}
"""What such a name may stand for in the module of a ``get_queryset``; any other is one of an attribute."""
_VARYING = frozenset(
    {
        "Now",
        "Random",
        "RawSQL",
        "ExtraWhere",
        "Func",
        "RandomUUID",
        "TransactionNow",
        "UUID4",
        "UUID7",
        "FilteredRelation",
    }
)
"""Expressions of Django whose value is no function of the rows, or of which that is not known."""
_OF_MANAGERS = ("get_queryset", "_queryset_class", "all", "db", "__getattribute__", "__getattr__")
"""What a manager may have of its own by which its filter is another in each call; the first two may be constant."""
_VISIBLE = ("__init__", "_clone", "_chain", "all", "db")
"""What a queryset may have of its own that filters where its query shows it."""
_HIDING = (
    *("filter", "exclude", "_filter_or_exclude", "_filter_or_exclude_inplace", "_not_support_combined_queries"),
    *("select_related", "prefetch_related", "order_by", "defer", "only", "values_list", "_values", "query", "_query"),
    *("__iter__", "__len__", "__getitem__", "__bool__", "_fetch_all", "iterator", "_iterator", "__new__"),
    *("__getattribute__", "__getattr__", "__setattr__", "_next_is_sticky", "_add_hints", "resolve_expression"),
)
"""What a queryset may have of its own that is called after its query was looked at, and told the value asked for."""
_ITERATING = ("__iter__", "__init__", "__new__", "__getattribute__", "__getattr__")
"""What the class that iterates over a queryset may have of its own by which it leaves out rows."""
_PROMISE = "shows_all_in_its_query"
"""The attribute by which a class says that rows are left out by nothing but what ``all()`` shows in its query."""
_KEEP_THE_PROMISE = frozenset({"django", "polymorphic", "wagtail", "model_utils"})
"""Django, and packages whose querysets translate names or give rows of subclasses, and leave out none."""
_PLAIN_PARAMETERS = (type(None), bool, float, bytes, date, time, timedelta, Decimal, UUID)


class DefaultFilter:
    """What the default manager of a model leaves out, as it decides in this context."""

    accepts: Callable[[Query], bool] = staticmethod(lambda query: True)
    """Whether rows in the order of a query of the manager can be kept; a list of rows says so."""

    def __init__(self, model: type[models.Model]) -> None:
        self._manager = model._default_manager
        self._decided: dict[str, bool] = {}
        self._tables = {other._meta.db_table: other for other in apps.get_models(include_auto_created=True)}
        self._tables.setdefault(model._meta.db_table, model)
        constant = _is_constant(self._manager)
        filters = not constant
        sql = ""
        hiding = _decides_by_itself(self._manager._queryset_class)  # type: ignore[attr-defined]
        try:
            queryset = self._copied()
            hiding = _hiding(queryset)  # a manager may make its querysets of another class than it says
            filters = filters or bool(queryset.query.where)
            sql = queryset.query.get_compiler(queryset.db).as_sql()[0] if filters else ""
        except EmptyResultSet:
            pass
        except NO_CONTEXT:
            if constant:
                raise
        if hiding:
            logger.warning(
                "Rows of %s pass the cache: the querysets of its default manager have %r of their own, by which they "
                "may leave out rows for any reason. If they leave out nothing but what all() shows in its query, say "
                "%s = True in the class that has it.",
                model._meta.label,
                hiding,
                _PROMISE,
            )
        self.deciding: dict[str, type[models.Model]] = {}
        """The models, by table, by whose rows rows are left out; empty if none are."""
        if filters:
            named = {model._meta.db_table, *tables_named(sql, self._tables)}
            self.deciding = {table: self._tables[table] for table in named}
        self.is_constant = constant and (not filters or self._is_constant_query(queryset.query, sql))
        """Whether the same rows are left out in every call."""

    def place(self) -> str | None:
        """Return what tells the filter of now from every other; None if that cannot be known."""
        queryset = self._copied()
        if _hiding(queryset):
            return None
        try:
            sql, params = queryset.query.get_compiler(queryset.db).as_sql()
        except EmptyResultSet:
            return f"{queryset.db} none"
        if not self._is_known(queryset.query, sql):
            return None
        spelled = _spelled(params)
        if spelled is None:
            return None
        text = f"{sql}\n{spelled}\n{mode_of_query(queryset) or ''}"
        return f"{queryset.db} {blake2b(text.encode(errors='surrogatepass'), digest_size=16).hexdigest()}"

    def _copied(self) -> Any:
        """Return the query of now as whoever filters it copies it: a _clone or _chain of its own may filter as well."""
        queryset: Any = self._manager.all()
        return queryset._chain()

    def _is_constant_query(self, query: Query, sql: str) -> bool:
        return self._is_known(query, sql) and not any(map(_asks_for_the_time_zone, _parts(query)))

    def _is_known(self, query: Query, sql: str) -> bool:
        known = self._decided.get(sql)
        if known is None:
            if len(self._decided) >= _MAX_TEXTS:
                self._decided.clear()
            followed = set(tables_named(sql, self._tables)) <= self.deciding.keys()
            known = type(query) is Query and followed and all(map(_is_function_of_rows, _parts(query)))
            known = self._decided[sql] = known and self.accepts(query)
        return known


def _is_constant(manager: Any) -> bool:
    """Whether the manager's code makes the same filter in every call, as far as that can be read from it."""
    kind, made = type(manager), getattr_static(manager, "_queryset_class")
    if not isinstance(made, type) or not vars(manager).keys().isdisjoint(_OF_MANAGERS):
        return False
    own = [method for name in _OF_MANAGERS[2:] for method in _overriding(kind, BaseManager, name)]
    own.extend(method for name in _VISIBLE for method in _overriding(made, models.QuerySet, name))
    if own or _decides_by_itself(made):
        return False
    return all(map(_makes_a_constant, _overriding(kind, BaseManager, "get_queryset")))


def _hiding(queryset: Any) -> str:
    """Return what a queryset, or what iterates over it, has of its own that may leave out rows without showing it."""
    return _decides_by_itself(type(queryset)) or _iterates_by_itself(queryset._iterable_class)  # type: ignore[arg-type]


@cache
def _decides_by_itself(made: Any) -> str:
    return next((name for name in _HIDING if _overriding(made, models.QuerySet, name, _keeps_the_promise)), "")


@cache
def _iterates_by_itself(made: Any) -> str:
    return next((name for name in _ITERATING if _overriding(made, ModelIterable, name, _keeps_the_promise)), "")


def _keeps_the_promise(kind: type) -> bool:
    """Whether a class says, or is known for it, that what it defines leaves out nothing without showing it.

    What is derived from it must say so itself, because it may define something else.
    """
    package = kind.__module__.partition(".")[0]
    return package in _KEEP_THE_PROMISE or vars(kind).get(_PROMISE) is True


def _overriding(
    kind: type, base: type, name: str, is_known: Callable[[type], bool] = lambda parent: False
) -> tuple[Any, ...]:
    """Return the definitions of a name that stand before that of the base, or would hide it, but for known classes."""
    found = (vars(parent).get(name) for parent in kind.__mro__ if parent is not base and not is_known(parent))
    return tuple(method for method in found if method is not None and method is not vars(object).get(name))


def _makes_a_constant(method: Any) -> bool:
    if not isinstance(method, FunctionType):
        return False
    code = method.__code__
    given = (*(method.__defaults__ or ()), *(method.__kwdefaults__ or {}).values())
    if not all(value is None or type(value) in (bool, int, str) for value in given):
        return False
    nested = any(hasattr(constant, "co_code") for constant in code.co_consts)
    if nested or not set(code.co_freevars) <= {"__class__"} or not set(code.co_names) <= _CONSTANT_NAMES:
        return False
    known = _CONSTANT_GLOBALS
    return all(method.__globals__.get(name, known.get(name)) is known.get(name) for name in code.co_names)


def _parts(node: Any) -> Iterator[Any]:
    """Yield the expressions of a query, those of its subqueries included."""
    if isinstance(node, Query):
        if node.extra or node.is_sliced or node.combinator:
            yield node
        joined = (getattr(table, "filtered_relation", None) for table in node.alias_map.values())
        inner = [node.where, *node.annotations.values(), *filter(None, joined)]
    else:
        yield node
        inner = [*getattr(node, "children", ()), getattr(node, "lhs", None), getattr(node, "rhs", None)]
        inner.extend(node.get_source_expressions() if hasattr(node, "get_source_expressions") else ())
        inner.append(getattr(node, "query", None))
    for part in inner:
        if hasattr(part, "resolve_expression") or hasattr(part, "as_sql") or hasattr(part, "children"):
            yield from _parts(part)


def _is_function_of_rows(part: Any) -> bool:
    kind = type(part)
    django = kind.__module__.startswith(("django.db.models.", "django.contrib.postgres."))
    by_hand = isinstance(part, models.Func) and not {"function", "template"}.isdisjoint(part.extra)
    return django and not isinstance(part, Query) and kind.__name__ not in _VARYING and not by_hand


def _asks_for_the_time_zone(part: Any) -> bool:
    return isinstance(part, TimezoneMixin) and settings.USE_TZ and part.tzinfo is None


def _spelled(params: Any) -> str | None:
    """Return the parameters as text, equal only for equal ones; None if one of them cannot be spelled so."""
    spelled = []
    for value in params:
        if isinstance(value, str):
            spelled.append(repr(str.__str__(value)))
        elif type(value) is not bool and isinstance(value, int):
            spelled.append(int.__repr__(value))
        elif isinstance(value, _PLAIN_PARAMETERS):
            spelled.append(f"{type(value).__name__} {value!r}")
        elif type(value) in (list, tuple) and (inner := _spelled(value)) is not None:
            spelled.append(f"[{inner}]")
        else:
            return None
    return ",".join(spelled)
