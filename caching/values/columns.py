"""Facts about the columns of a model, computed once per model."""

import inspect
from collections.abc import Callable, Mapping
from functools import cache, cached_property
from hashlib import blake2b
from operator import itemgetter
from typing import Any

from django.apps import apps
from django.db import DJANGO_VERSION_PICKLE_KEY, models
from django.utils.functional import cached_property as django_cached_property
from django.utils.inspect import func_accepts_kwargs, func_supports_parameter

FETCH_ONE: Any = getattr(models, "FETCH_ONE", None)
"""The usual mode of a row to fetch what it was loaded without; None before Django 6.1, which knows no modes."""
_LONGEST = 1024
_SHORT = (
    *(models.IntegerField, models.FloatField, models.DecimalField, models.BooleanField, models.UUIDField),
    *(models.DateField, models.TimeField, models.DurationField, models.GenericIPAddressField),
)


@cache
def attnames(model: type[models.Model]) -> dict[str, None]:
    """Return the attribute names of the model's columns, in order; a dict, for fast membership tests."""
    return {field.attname: None for field in model._meta.concrete_fields}


@cache
def names_and_reader(
    model: type[models.Model],
) -> tuple[list[str], Callable[[Mapping[str, Any]], tuple[Any, ...]], bool, bool]:
    """Return the attribute names of the columns, in order, a function that takes their values from a mapping, whether
    the model has a ``from_db`` of its own, which is told the names, and whether that is told the fetch mode as well.

    Whoever hands on the list copies it.
    """
    names = list(attnames(model))
    values_in = itemgetter(*names) if len(names) > 1 else lambda fields: (fields[names[0]],)
    has_own = has_own_from_db(model)
    return names, values_in, has_own, has_own and FETCH_ONE is not None and _takes_mode(model.from_db)


def _takes_mode(from_db: Any) -> bool:
    """Whether Django tells the function the fetch mode: as of 6.1, unless it does not accept that yet."""
    return bool(func_supports_parameter(from_db, "fetch_mode") or func_accepts_kwargs(from_db))


def has_own_from_db(model: type[models.Model]) -> bool:
    """Whether a model has a ``from_db`` other than Django's. Somebody may have put in any function."""
    return inspect.getattr_static(model, "from_db") is not vars(models.Model)["from_db"]


@cache
def key_names(model: type[models.Model]) -> tuple[str, ...]:
    """Return the attribute names of the columns that make up the primary key: several if it is composite."""
    pk: Any = model._meta.pk
    return tuple(field.attname for field in getattr(pk, "fields", None) or (pk,))


def has_key(row: models.Model) -> bool:
    """Whether the primary key of an instance is known: not before the database has filled in what it fills in."""
    key: Any = row.pk
    parts = key if isinstance(key, tuple) else (key,)
    return not any(part is None or hasattr(part, "resolve_expression") for part in parts)


@cache
def is_short(model: type[models.Model]) -> bool:
    """Whether no row of the model can be long: each column has a length, or values that are short anyway."""
    return all(
        isinstance(field, _SHORT) or (field.max_length or _LONGEST + 1) <= _LONGEST
        for field in (getattr(field, "target_field", field) for field in model._meta.concrete_fields)
    )


@cache
def foreign_keys(model: type[models.Model]) -> frozenset[str]:
    """Return the names under which ``select_related`` caches the row that a foreign key of this model refers to."""
    return frozenset(field.name for field in model._meta.concrete_fields if field.is_relation)


@cache
def one_to_ones(model: type[models.Model]) -> tuple[tuple[str, Any], ...]:
    """Return the foreign keys that one row alone can have, by name, each with the relation back to that row."""
    relations: Any = (field for field in model._meta.concrete_fields if field.is_relation)
    return tuple((field.name, field.remote_field) for field in relations if field.unique)


def is_derived(model: type[models.Model], name: str) -> bool:
    """Whether an attribute can be recomputed, so that a copy does not need it.

    A queryset that hands out copies of its rows leaves the version of Django in them, which copy.copy() has put there.
    """
    computed = isinstance(getattr(model, name, None), (cached_property, django_cached_property))
    return computed or name in ("_state", "_prefetched_objects_cache", DJANGO_VERSION_PICKLE_KEY)


@cache
def signature(model: Any) -> str:
    """Return a string that identifies the model and its set of fields."""
    return f"{model._meta.label} {fingerprint(model)}"


@cache
def model_of(written_by: str) -> Any:
    """Return the model with a signature; raise ValueError if its fields differ in this version of the code."""
    label = written_by.partition(" ")[0]
    model: Any = apps.get_model(label)
    if written_by != signature(model):
        raise ValueError(f"{label} had other fields when it was stored.")
    return model


@cache
def fingerprint(model: Any) -> str:
    """Return a hash of the model's fields, which differs between versions of the code that have different fields."""
    described = ";".join(
        f"{field.attname}:{type(field).__qualname__}:{field.null}" for field in model._meta.concrete_fields
    )
    return blake2b(described.encode(), digest_size=8).hexdigest()
