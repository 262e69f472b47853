"""``WHERE … IN`` for thousands of values."""

import json
from collections.abc import Collection
from typing import Any

from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F, Lookup

_FEW = 20
_VENDORS = ("sqlite", "postgresql")
_FIELDS = (models.IntegerField, models.CharField)
_PASS_AS_IT_IS: set[object] = {field.get_db_prep_value for field in (*_FIELDS, models.AutoField)}


class InMany(Lookup):
    """Whether a field has one of these integers or strings: ``filter(InMany("employee", keys))``.

    Django's ``__in`` prepares and places each value separately, which takes 5 µs per value, and generates a different
    SQL text for each number of values. Here the values are a single parameter: an array on PostgreSQL, JSON on SQLite.
    They must be given as the database stores them, because no field prepares them.
    """

    lookup_name = "in_many"
    prepare_rhs = False

    def __init__(self, field: str, values: Collection[int] | Collection[str]) -> None:
        super().__init__(F(field), list(values))

    def as_sqlite(self, compiler: Any, connection: BaseDatabaseWrapper, **extra: Any) -> tuple[str, tuple[Any, ...]]:
        sql, params = self.process_lhs(compiler, connection)
        return f"{sql} IN (SELECT value FROM json_each(%s))", (*params, json.dumps(self.rhs))  # noqa: S608 (a column)

    def as_postgresql(
        self, compiler: Any, connection: BaseDatabaseWrapper, **extra: Any
    ) -> tuple[str, tuple[Any, ...]]:
        sql, params = self.process_lhs(compiler, connection)
        return f"{sql} = ANY(%s)", (*params, self.rhs)


def in_many(
    queryset: "models.QuerySet[Any]", field: "models.Field[Any, Any]", values: Collection[Any]
) -> "models.QuerySet[Any]":
    """Return the rows whose field has one of these prepared values, by InMany if possible.

    For other kinds of fields and on other databases than SQLite and PostgreSQL, Django's ``__in`` is used.
    """
    quickly = len(values) > _FEW and connections[queryset.db].vendor in _VENDORS and _is_passed_as_it_is(field)
    if quickly and set(map(type, values)) in ({int}, {str}):
        return queryset.filter(InMany(field.name, values))
    return queryset.filter(**{f"{field.name}__in": values})


def _is_passed_as_it_is(field: "models.Field[Any, Any]") -> bool:
    while field.is_relation:
        field = field.target_field  # type: ignore[attr-defined]
    return isinstance(field, _FIELDS) and type(field).get_db_prep_value in _PASS_AS_IT_IS
