"""Invalidation that does not come from a SQL statement: explicit calls and Django's signals."""

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import connections, router
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model

from ..keys import any_row_tag
from ..values.lazy import instance_of
from . import outbox
from .causes import current_cause
from .models_by_label import ModelOrLabel, model_named
from .publishing import publisher
from .tags import Selection, row_tags_of, tags_of_key, tags_of_model, tags_of_row
from .watched import is_watched, labels_of, refers_by_key, watched_children
from .watcher import ConnectionWatcher, watcher_of


def invalidate(what: ModelOrLabel | Model | Selection) -> None:
    """Drop every cached value that depends on any row of a model, on one row, or on a selection (``rows_where``).

    Use it for writes that cannot be watched, such as those of a stored procedure or of the database driver itself.
    Inside a transaction the invalidation is repeated around its COMMIT. Raises NotWatched for a model that is not
    watched, because no cached value can depend on it.
    """
    what = instance_of(what)
    if isinstance(what, Selection):
        labels = (*labels_of(what.model), *watched_children(what.model))
        tags = {what.tag, *map(any_row_tag, labels)}
    else:
        tags = tags_of_row(what) if isinstance(what, Model) else tags_of_model(model_named(what))
    publish(tags, current_cause("call"))


def publish(tags: set[str], cause: str) -> None:
    """Invalidate now, and again around the COMMIT of every open transaction of this thread."""
    for connection in connections.all(initialized_only=True):
        watcher = watcher_of(connection)
        if watcher.in_transaction():
            watcher.mark(tags, cause)
    if publisher.publish(tags, cause):
        _leave_at_once(connections[router.db_for_write(apps.get_model("caching", "PendingInvalidation"))], tags)


def _leave_at_once(connection: BaseDatabaseWrapper, tags: set[str]) -> None:
    """Leave tags in the outbox at once, unless a transaction is open: then its COMMIT will leave them."""
    if not watcher_of(connection).in_transaction():
        connection.ensure_connection()
        outbox.leave(connection, tags)
        # A process that has just reconnected to the server may have read the outbox before this row was there.
        publisher.repeat(tags)


def publish_on(watcher: ConnectionWatcher, tags: set[str], cause: str) -> None:
    """Invalidate what one connection has written, unless its last statement has already done so."""
    if watcher.in_transaction():
        if not tags <= watcher.dirty:
            watcher.mark(tags, cause)
    elif not tags <= watcher.published and publisher.publish(tags, cause):
        _leave_at_once(watcher.connection, tags)
    watcher.published = set()


def publish_saved(instance: Model, created: bool, using: str) -> None:
    """Publish a saved row, unless the statement that has just run did so: it knows exactly what it wrote."""
    watcher = watcher_of(connections[using])
    model = type(instance)
    # No entry contains a new row, and entries for a missing key depend on "any row".
    written = set(map(any_row_tag, labels_of(model))) if created else tags_of_key(model, instance.pk)
    if not watcher.in_transaction() and written <= watcher.published:
        watcher.published = set()
        return
    tags = tags_of_row(instance)
    publish_on(watcher, tags - tags_of_key(model, instance.pk) | written if created else tags, current_cause("save"))


def publish_deleted(instance: Model, using: str) -> None:
    """Publish a deleted row."""
    tags = {any_row_tag(label) for label in labels_of(type(instance))} | tags_of_key(type(instance), instance.pk)
    publish_on(watcher_of(connections[using]), tags, current_cause("delete"))


def publish_related(
    instance: Model, model: type[Model], values: Iterable[Any], using: str, through: type[Model] | None = None
) -> None:
    """Publish the rows at both ends of a changed many-to-many relation."""
    tags: set[str] = set()
    for one, keys in ((type(instance), (instance.pk,)), (model, values)):
        if is_watched((one._meta.concrete_model or one)._meta.label):
            # The signal carries the values that stand in the relation, which need not be those of a primary key.
            by_key = one is not model or through is None or refers_by_key(through, one)
            tags |= _tags_of_related(one, keys) if by_key else tags_of_model(one)
    publish_on(watcher_of(connections[using]), tags, current_cause("m2m"))


def _tags_of_related(model: type[Model], pks: Iterable[Any]) -> set[str]:
    tags = {any_row_tag(label) for label in labels_of(model)}
    try:
        return tags.union(*(row_tags_of(model, pk) for pk in pks))
    except (ValidationError, TypeError, ValueError):
        # Django refuses such a value in its own way, as soon as it uses it.
        return tags_of_model(model)
