"""What was prefetched with a row is not held. Whether whoever asks for it reads the same, or it was a query of its own.

``prefetch_related("books")`` reads in advance what ``author.books.all()`` gives. With ``Prefetch("books", queryset=…)``
and ``to_attr`` it gives what nothing else would give: only some of the books, or books in another order.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

from django.db import models
from django.db.models.query import Prefetch

from .columns import attnames, is_derived

_CACHE = "_prefetched_objects_cache"


def prefetched_otherwise(row: models.Model) -> str | None:
    """Return the name of what was prefetched with a row, or with a row in that, by a query of its own; None if none."""
    for name, queryset in row.__dict__.get(_CACHE, {}).items():
        if not isinstance(queryset, models.QuerySet) or not _is_of_the_relation(row, name, queryset):
            return str(name)
        for other in queryset._result_cache or ():
            model: Any = type(other)
            extra = other.__dict__.keys() - attnames(model)
            added = [key for key in extra if not key.startswith("_") and not is_derived(model, key)]
            if added or prefetched_otherwise(other):
                return f"{name}__{added[0] if added else prefetched_otherwise(other)}"
    return None


def own_prefetches(queryset: "models.QuerySet[Any]") -> Iterator[str]:
    """Yield what a query prefetches in another way than whoever asks for it later would read it."""
    for lookup in queryset._prefetch_related_lookups:  # type: ignore[attr-defined]
        if not isinstance(lookup, Prefetch):
            continue
        given = (lookup.queryset, *getattr(lookup, "querysets", ()))
        if lookup.to_attr or not all(other is None or _is_of_all_rows(other) for other in given):
            yield str(lookup.prefetch_to)


def _is_of_all_rows(queryset: Any) -> bool:
    """Whether a query gives what any relation to the model does: those to one row ask its base manager."""
    model = queryset.model
    plain = [manager.all() for manager in (model._default_manager, model._base_manager)]
    return not any(own_prefetches(queryset)) and all(_find_the_same(queryset, other) for other in plain)


def _is_of_the_relation(row: models.Model, name: str, queryset: "models.QuerySet[Any]") -> bool:
    # A twin that has prefetched nothing, so that its managers make the query that they would ask.
    twin = object.__new__(type(row))
    twin.__dict__ = {key: value for key, value in row.__dict__.items() if key != _CACHE}
    asked = getattr(twin, _accessors(type(row)).get(name, name)).get_queryset()
    return _find_the_same(queryset, asked)


@cache
def _accessors(model: Any) -> dict[str, str]:
    """Return the attributes of the relations to many rows, by the names under which Django keeps what was prefetched.

    They differ only for a many-to-many relation from its other end.
    """
    found = [field for field in model._meta.related_objects if field.many_to_many]
    return {field.field.related_query_name(): field.get_accessor_name() for field in found}


def _find_the_same(one: "models.QuerySet[Any]", other: "models.QuerySet[Any]") -> bool:
    return _found_by(one) == _found_by(other) and one.db == other.db


def _found_by(queryset: "models.QuerySet[Any]") -> tuple[Any, ...]:
    """Return what decides which rows a query gives, in which order, and what they have beside their columns."""
    query = queryset.query
    return (
        *(query.model, query.where, query.annotation_select, query.extra, query.combinator),
        *(query.order_by, query.extra_order_by, query.default_ordering, query.standard_ordering),
        *(query.distinct, query.distinct_fields, query.low_mark, query.high_mark, queryset._iterable_class),
    )
