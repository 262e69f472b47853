"""post_save, post_delete and m2m_changed of watched models: one line each.

The statement has already published what it wrote (see statements.py). A receiver adds what only the instance knows, and
makes signals that an application sends itself count as writes.
"""

from collections.abc import Iterable
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model
from django.db.models.signals import m2m_changed, post_delete, post_save

from .invalidation import publish_deleted, publish_related, publish_saved


def connect(model: type[Model]) -> None:
    """Connect the receivers to a model and its many-to-many relations; connecting again has no effect."""
    uid = f"caching:{model._meta.label}"
    post_save.connect(on_save, sender=model, dispatch_uid=uid)
    post_delete.connect(on_delete, sender=model, dispatch_uid=uid)
    for field in model._meta.many_to_many:
        m2m_changed.connect(on_m2m_changed, sender=field.remote_field.through, dispatch_uid=uid)


def on_save(instance: Model, created: bool = False, using: str | None = None, **kwargs: Any) -> None:
    publish_saved(instance, created, using or DEFAULT_DB_ALIAS)


def on_delete(instance: Model, using: str | None = None, **kwargs: Any) -> None:
    publish_deleted(instance, using or DEFAULT_DB_ALIAS)


def on_m2m_changed(
    instance: Model,
    model: type[Model],
    pk_set: Iterable[Any] | None,
    using: str | None = None,
    sender: type[Model] | None = None,
    **kwargs: Any,
) -> None:
    publish_related(instance, model, pk_set or (), using or DEFAULT_DB_ALIAS, sender)
