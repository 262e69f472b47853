"""Watches every model of every application, by every field by which that is possible."""

from django.apps import AppConfig, apps
from django.db import models
from django.db.backends.signals import connection_created

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
    """Watch a model by each of its fields that can be watched by value.

    Without receivers: the statements are what counts, and Django's tests count their queries.
    """
    watch(model, signals=False)
    for field in model._meta.concrete_fields:
        try:
            watch(model, by=(field.name,), signals=False)
        except NotWatched:
            continue
