"""Invalidation that no statement shows: by hand, and by the signals of Django."""

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.db import connections, router
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model

from ..keys import any_row_tag
from . import outbox
from .causes import current_cause
from .models_by_label import ModelOrLabel, model_named
from .publishing import publisher
from .tags import Selection, row_tags_of, tags_of_model, tags_of_row
from .watched import is_watched, labels_of
from .watcher import ConnectionWatcher, watcher_of


def invalidate(what: ModelOrLabel | Model | Selection) -> None:
    """Drop every cached value that depends on any row of a model, on one row, or on a selection (``rows_where``).

    For writes that nobody can see: in a stored procedure, by the driver itself. Inside a transaction it is repeated
    around its COMMIT. Raises NotWatched for a model that no cached value can depend on.
    """
    if isinstance(what, Selection):
        tags = {what.tag, *(any_row_tag(label) for label in labels_of(what.model))}
    else:
        tags = tags_of_row(what) if isinstance(what, Model) else tags_of_model(model_named(what))
    publish(tags, current_cause("call"))


def publish(tags: set[str], cause: str) -> None:
    """Invalidate now, and again around the COMMIT of every transaction that this thread has open."""
    for connection in connections.all(initialized_only=True):
        watcher = watcher_of(connection)
        if watcher.in_transaction():
            watcher.mark(tags, cause)
    if publisher.publish(tags, cause):
        _leave_at_once(connections[router.db_for_write(apps.get_model("caching", "PendingInvalidation"))], tags)


def _leave_at_once(connection: BaseDatabaseWrapper, tags: set[str]) -> None:
    """Leave tags in the outbox that no COMMIT speaks of; inside a transaction its COMMIT will do that."""
    if not watcher_of(connection).in_transaction():
        connection.ensure_connection()
        outbox.leave(connection, tags)
        # Who has come back to the server meanwhile has looked for the row too early.
        publisher.repeat(tags)


def publish_on(watcher: ConnectionWatcher, tags: set[str], cause: str) -> None:
    """Invalidate what one connection has written, unless its last statement has done that already."""
    if watcher.in_transaction():
        if not tags <= watcher.dirty:
            watcher.mark(tags, cause)
    elif not tags <= watcher.published and publisher.publish(tags, cause):
        _leave_at_once(watcher.connection, tags)
    watcher.published = set()


def publish_saved(instance: Model, created: bool, using: str) -> None:
    """Publish a row that was saved, unless the statement that has just run did: it knows better what it wrote."""
    watcher = watcher_of(connections[using])
    model = type(instance)
    # No entry contains a row that was not there, and "nobody has this key" depends on any row.
    written = set(map(any_row_tag, labels_of(model)) if created else row_tags_of(model, instance.pk))
    if not watcher.in_transaction() and written <= watcher.published:
        watcher.published = set()
        return
    tags = tags_of_row(instance)
    publish_on(watcher, tags - set(row_tags_of(model, instance.pk)) if created else tags, current_cause("save"))


def publish_deleted(instance: Model, using: str) -> None:
    """Publish a row that was deleted."""
    tags = {any_row_tag(label) for label in labels_of(type(instance))} | set(row_tags_of(type(instance), instance.pk))
    publish_on(watcher_of(connections[using]), tags, current_cause("delete"))


def publish_related(instance: Model, model: type[Model], pks: Iterable[Any], using: str) -> None:
    """Publish both ends of a many-to-many relation that was changed."""
    tags: set[str] = set()
    for one, keys in ((type(instance), (instance.pk,)), (model, pks)):
        if is_watched((one._meta.concrete_model or one)._meta.label):
            tags.update(any_row_tag(label) for label in labels_of(one))
            tags.update(tag for pk in keys for tag in row_tags_of(one, pk))
    publish_on(watcher_of(connections[using]), tags, current_cause("m2m"))
