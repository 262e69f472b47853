"""Settings of the same project without the cache: the same models, but nothing is watched or connected."""

from django.apps import AppConfig

from scheduler_project.settings import *  # noqa: F403
from scheduler_project.settings import INSTALLED_APPS as _INSTALLED


class PlainCaching(AppConfig):
    """Installed for its models alone. Without its `ready()`, neither connections nor models are watched."""

    name = "caching"


_PLAIN = {"caching.apps.CachingConfig": "benchmarks.plain.PlainCaching"}
INSTALLED_APPS = [_PLAIN.get(app, app) for app in _INSTALLED]
