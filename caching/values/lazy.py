"""Lazy objects of Django, such as ``request.user``: each stands for an instance that is loaded when it is used."""

from typing import Any

from django.db import models
from django.utils.functional import LazyObject, empty


def instance_of(value: Any) -> Any:
    """Return the instance that a lazy object stands for; any other value itself."""
    while isinstance(value, LazyObject):
        if value._wrapped is empty:
            value._setup()
        value = value._wrapped
    return value


def is_instance(value: Any) -> bool:
    """Whether a value is an instance of a model itself, and not an object that says so for another."""
    return issubclass(type(value), models.Model)
