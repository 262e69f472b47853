"""Which models keep state of their own for each instance, so that Django itself must make a copy of a row."""

import inspect
from typing import Any
from weakref import WeakKeyDictionary

from django.db import models
from django.db.models.query import ModelIterable
from django.db.models.signals import post_init, pre_init

from .columns import has_own_from_db

_ITERATION = ("__iter__", "_fetch_all", "iterator")
_VALUES = ("values_list", "_values", "order_by")
_OWN_METHODS = ("__new__", "__setattr__", "__getattribute__")


class PlainModels:
    """The models whose instances are their fields and nothing else, as far as that was asked, and all other models."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Ask again: a receiver was connected or disconnected. A decision under way is added to the old sets."""
        self.known: set[type[models.Model]] = set()
        self.told_of: set[type[models.Model]] = set()
        """Those that are plain but for receivers of post_init, which must be told of each instance."""
        self.others: set[type[models.Model]] = set()


plain_models = PlainModels()


class _Receivers(WeakKeyDictionary[Any, Any]):
    """The receivers of a signal by sender, as Django remembers them until another is connected."""

    def clear(self) -> None:
        super().clear()
        plain_models.forget()


for _signal in (pre_init, post_init):
    # Signal.connect() empties it after each change. A hit would have to ask both signals otherwise.
    _signal.sender_receivers_cache = _Receivers()


def is_plain(model: type[models.Model]) -> bool:
    """Whether an instance is made by setting its fields: without a constructor, descriptor or receiver of its own.

    The answer is remembered until a receiver is connected.
    """
    known, told_of, others = plain_models.known, plain_models.told_of, plain_models.others
    if model in known:
        return True
    if model in told_of or model in others:
        return False
    if _has_own_construction(model) or pre_init.has_listeners(model):
        others.add(model)
    else:
        (told_of if post_init.has_listeners(model) else known).add(model)
    return model in known


def _has_own_construction(model: Any) -> bool:
    if any(getattr(model, name) is not getattr(models.Model, name) for name in _OWN_METHODS):
        return True
    if type(model).__call__ is not type.__call__:  # of a metaclass
        return True
    if has_own_from_db(model):
        return True
    # Django's constructor calls the next one, so that of a class behind models.Model is called as well.
    if any("__init__" in vars(cls) for cls in model.__mro__ if cls not in (models.Model, object)):
        return True
    return any(is_kept_elsewhere(model, field.attname) for field in model._meta.concrete_fields)


def is_kept_elsewhere(model: type[models.Model], attname: str) -> bool:
    """Whether a descriptor that is not Django's decides where the value of a field is kept."""
    descriptor = type(inspect.getattr_static(model, attname, None))
    return hasattr(descriptor, "__set__") and not descriptor.__module__.startswith("django.db.models.")


def makes_its_own_rows(queryset: "models.QuerySet[Any]") -> bool:
    """Whether iterating over the query may give other instances than those that Django makes of its columns."""
    own = any(getattr(type(queryset), name) is not getattr(models.QuerySet, name) for name in _ITERATION)
    return own or queryset._iterable_class is not ModelIterable


def reads_its_own_columns(queryset: "models.QuerySet[Any]") -> bool:
    """Whether asking the query for columns may give those of other fields, as one does that translates their names."""
    return any(getattr(type(queryset), name) is not getattr(models.QuerySet, name) for name in _VALUES)
