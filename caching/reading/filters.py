"""The filter of a default manager: is it always the same, and if not, which one applies now?

A manager may filter by a tenant that it takes from a context variable, or by the time. Its rows are then no function of
the value that a look-up is asked for, so the filter, with its parameters, is part of the place where an answer is held.
"""

from collections.abc import Iterator
from datetime import date, time, timedelta
from decimal import Decimal
from hashlib import blake2b
from types import FunctionType
from typing import Any
from uuid import UUID

from django.apps import apps
from django.core.exceptions import EmptyResultSet
from django.db import models
from django.db.models.manager import BaseManager
from django.db.models.sql import Query

from ..coherence.texts import tables_named
from .managers import NO_CONTEXT

_MAX_TEXTS = 1000
_CONSTANT_NAMES = frozenset(
    {
        *("super", "models", "Q", "F", "get_queryset", "filter", "exclude", "select_related", "prefetch_related"),
        *("order_by", "defer", "only", "model", "_db", "_queryset_class"),
    }
)
"""What a ``get_queryset`` may refer to whose filter is the same in every call."""
_CONSTANT_GLOBALS = {"models": models, "Q": models.Q, "F": models.F}
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
_PLAIN_PARAMETERS = (type(None), bool, float, bytes, date, time, timedelta, Decimal, UUID)


class DefaultFilter:
    """What the default manager of a model leaves out, as it decides in this context."""

    def __init__(self, model: type[models.Model]) -> None:
        self._manager = model._default_manager
        self._decided: dict[str, bool] = {}
        self._tables = {other._meta.db_table: other for other in apps.get_models(include_auto_created=True)}
        self._tables.setdefault(model._meta.db_table, model)
        constant = _is_constant(self._manager)
        filters = not constant
        sql = ""
        try:
            queryset = self._manager.all()
            filters = filters or bool(queryset.query.where)
            sql = queryset.query.get_compiler(queryset.db).as_sql()[0] if filters else ""
        except EmptyResultSet:
            pass
        except NO_CONTEXT:
            if constant:
                raise
        self.deciding: dict[str, type[models.Model]] = {}
        """The models, by table, by whose rows rows are left out; empty if none are."""
        if filters:
            named = {model._meta.db_table, *tables_named(sql, self._tables)}
            self.deciding = {table: self._tables[table] for table in named}
        self.is_constant = constant and (not filters or self._is_known(queryset.query, sql))
        """Whether the same rows are left out in every call."""

    def place(self) -> str | None:
        """Return what tells the filter of now from every other; None if that cannot be known."""
        queryset = self._manager.all()
        try:
            sql, params = queryset.query.get_compiler(queryset.db).as_sql()
        except EmptyResultSet:
            return f"{queryset.db} none"
        if not self._is_known(queryset.query, sql):
            return None
        spelled = _spelled(params)
        if spelled is None:
            return None
        text = f"{sql}\n{spelled}"
        return f"{queryset.db} {blake2b(text.encode(errors='surrogatepass'), digest_size=16).hexdigest()}"

    def _is_known(self, query: Query, sql: str) -> bool:
        known = self._decided.get(sql)
        if known is None:
            if len(self._decided) >= _MAX_TEXTS:
                self._decided.clear()
            followed = set(tables_named(sql, self._tables)) <= self.deciding.keys()
            known = self._decided[sql] = followed and all(map(_is_function_of_rows, _parts(query)))
        return known


def _is_constant(manager: Any) -> bool:
    """Whether the manager's code makes the same filter in every call, as far as that can be read from it."""
    kind, made = type(manager), manager._queryset_class
    own = (*_overriding(kind, BaseManager, "all"), *_overriding(kind, BaseManager, "db"))
    for name in ("__init__", "_clone", "_chain", "all", "db"):
        own = (*own, *_overriding(made, models.QuerySet, name))
    return not own and all(map(_makes_a_constant, _overriding(kind, BaseManager, "get_queryset")))


def _overriding(kind: type, base: type, name: str) -> tuple[Any, ...]:
    """Return the definitions of a name that stand before that of the base, or would hide it."""
    found = (vars(parent).get(name) for parent in kind.__mro__ if parent is not base)
    return tuple(method for method in found if method is not None and method is not vars(object).get(name))


def _makes_a_constant(method: Any) -> bool:
    if not isinstance(method, FunctionType):
        return False
    code = method.__code__
    nested = any(hasattr(constant, "co_code") for constant in code.co_consts)
    if nested or not set(code.co_freevars) <= {"__class__"} or not set(code.co_names) <= _CONSTANT_NAMES:
        return False
    return all(
        method.__globals__.get(name, _CONSTANT_GLOBALS.get(name)) is _CONSTANT_GLOBALS.get(name)
        for name in code.co_names
        if name in _CONSTANT_GLOBALS or name == "super"
    )


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
