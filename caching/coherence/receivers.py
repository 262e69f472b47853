"""post_save, post_delete and m2m_changed of watched models: one line each.

The statement has already published what it wrote (see statements.py). A receiver adds what only the instance knows, and
makes signals that an application sends itself count as writes. Whoever has no use for either can leave the receivers of
a model out: Django reads rows before it writes them only because somebody might be told of them.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model
from django.db.models.signals import ModelSignal, m2m_changed, post_delete, post_save

from ..values.lazy import instance_of
from .invalidation import publish_deleted, publish_related, publish_saved

without_receivers: set[str] = set()
"""The labels of the models whose signals are not listened to, whatever else is declared of them."""


def connect(model: type[Model]) -> None:
    """Connect the receivers to a model and its many-to-many relations; connecting again has no effect."""
    if model._meta.label in without_receivers:
        return
    for signal, receiver, sender in _receivers(model):
        signal.connect(receiver, sender=sender, dispatch_uid=_uid(model))


def leave_out(model: type[Model]) -> None:
    """Connect no receivers to the model from now on, and disconnect those that are."""
    without_receivers.add(model._meta.label)
    for signal, _, sender in _receivers(model):
        signal.disconnect(sender=sender, dispatch_uid=_uid(model))


def _receivers(model: type[Model]) -> Iterator[tuple[ModelSignal, Callable[..., None], Any]]:
    yield post_save, on_save, model
    yield post_delete, on_delete, model
    for field in model._meta.many_to_many:
        yield m2m_changed, on_m2m_changed, field.remote_field.through


def _uid(model: type[Model]) -> str:
    return f"caching:{model._meta.label}"


def on_save(instance: Model, created: bool = False, using: str | None = None, **kwargs: Any) -> None:
    publish_saved(instance_of(instance), created, using or DEFAULT_DB_ALIAS)


def on_delete(instance: Model, using: str | None = None, **kwargs: Any) -> None:
    publish_deleted(instance_of(instance), using or DEFAULT_DB_ALIAS)


def on_m2m_changed(
    instance: Model,
    model: type[Model],
    pk_set: Iterable[Any] | None,
    using: str | None = None,
    sender: type[Model] | None = None,
    **kwargs: Any,
) -> None:
    publish_related(instance_of(instance), model, pk_set or (), using or DEFAULT_DB_ALIAS, sender)
