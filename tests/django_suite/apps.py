"""Watches every model of every application, by every field by which that is possible."""

from typing import Any

from django.apps import AppConfig, apps
from django.db import models
from django.db.backends.signals import connection_created
from django.db.models.signals import m2m_changed, post_delete, post_save

from caching import watch
from caching.exceptions import NotWatched

from . import rows


class EveryModelConfig(AppConfig):
    name = "tests.django_suite"
    label = "django_suite"

    def ready(self) -> None:
        for model in apps.get_models(include_auto_created=True):
            if model._meta.app_label != "caching" and not model._meta.proxy:
                watch_whole(model)
        rows.collect_marks()
        # After the watcher, which is installed by the same signal, so that it is inside of this one.
        connection_created.connect(rows.install, dispatch_uid="rows")


def watch_whole(model: type[models.Model]) -> None:
    """Watch a model by each of its fields that can be watched by value."""
    declare(model)
    for field in model._meta.concrete_fields:
        try:
            declare(model, by=(field.name,))
        except NotWatched:
            continue


def declare(model: type[models.Model], **options: Any) -> None:
    """Watch without receivers: the statements are what counts, and Django's tests count their queries."""
    try:
        watch(model, signals=False, **options)
    except TypeError:
        # An older cache has no such option.
        watch(model, **options)
        without_receivers(model)


def without_receivers(model: type[models.Model]) -> None:
    for base in (model, *model._meta.get_parent_list()):
        uid = f"caching:{base._meta.label}"
        post_save.disconnect(sender=base, dispatch_uid=uid)
        post_delete.disconnect(sender=base, dispatch_uid=uid)
        for field in base._meta.many_to_many:
            m2m_changed.disconnect(sender=field.remote_field.through, dispatch_uid=uid)
