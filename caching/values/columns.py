"""What the cache knows of a model's columns, worked out once for each model."""

from functools import cache, cached_property
from hashlib import blake2b
from typing import Any

from django.apps import apps
from django.db import models
from django.utils.functional import cached_property as django_cached_property


@cache
def attnames(model: type[models.Model]) -> dict[str, None]:
    """The attributes that hold columns, in order, quick to look up."""
    return {field.attname: None for field in model._meta.concrete_fields}


@cache
def foreign_keys(model: type[models.Model]) -> frozenset[str]:
    """The names under which ``select_related`` caches the one row at the other end of a key of this model."""
    return frozenset(field.name for field in model._meta.concrete_fields if field.is_relation)


def is_derived(model: type[models.Model], name: str) -> bool:
    """Whether an attribute can be computed again, so that a copy may lack it."""
    return name.startswith("_") or isinstance(getattr(model, name, None), (cached_property, django_cached_property))


@cache
def signature(model: Any) -> str:
    """Return what names the model and its fields."""
    return f"{model._meta.label} {fingerprint(model)}"


@cache
def model_of(written_by: str) -> Any:
    """Return the model with a signature; raise ValueError where our version of it has other fields."""
    label = written_by.partition(" ")[0]
    model: Any = apps.get_model(label)
    if written_by != signature(model):
        raise ValueError(f"{label} had other fields when it was stored.")
    return model


@cache
def fingerprint(model: Any) -> str:
    """Return what tells a model's fields from those of another version of the code."""
    described = ";".join(
        f"{field.attname}:{type(field).__qualname__}:{field.null}" for field in model._meta.concrete_fields
    )
    return blake2b(described.encode(), digest_size=8).hexdigest()
