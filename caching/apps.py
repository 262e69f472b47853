"""Connect the cache to Django: watch database connections; start afresh after a fork or a change of settings."""

import os
from typing import Any

from django.apps import AppConfig
from django.core.signals import request_finished, request_started, setting_changed
from django.db import connections
from django.db.backends.signals import connection_created
from django.utils.translation import gettext_lazy as _


class CachingConfig(AppConfig):
    name = "caching"
    verbose_name = _("Cache")

    def ready(self) -> None:
        from . import checks, databases  # noqa: F401 (the checks are registered)
        from .coherence.cascades import changed_by_the_database
        from .coherence.models_by_label import resolve_waiting
        from .coherence.publishing import publisher
        from .coherence.watcher import install
        from .monitoring.questions import agent, log
        from .monitoring.sampler import sampler
        from .monitoring.warm_start import warm_start
        from .reading import leases
        from .reading.manager import cache_manager

        databases.note_start()
        databases.on_test[:] = [_start_anew]
        databases.on_change[:] = [cache_manager.forget_places]
        resolve_waiting()
        # Compute this now rather than during the first write.
        changed_by_the_database()
        connection_created.connect(install, dispatch_uid="caching")
        connection_created.connect(databases.note_connected, dispatch_uid="caching.databases")
        for connection in connections.all(initialized_only=True):
            install(connection)
            databases.note_connected(connection)
        for signal in (request_started, request_finished):
            signal.connect(leases.drop_all, dispatch_uid="caching")
        request_started.connect(sampler.start, dispatch_uid="caching.sampler")
        request_started.connect(warm_start.start, dispatch_uid="caching.warm_start")
        request_started.connect(agent.start, dispatch_uid="caching.agent")
        if log.write not in publisher.listeners:
            publisher.listeners.append(log.write)
        setting_changed.connect(_on_setting_changed, dispatch_uid="caching")
        os.register_at_fork(after_in_child=cache_manager.reconfigure)


def _start_anew() -> None:
    from .coherence.publishing import publisher
    from .monitoring.questions import log
    from .reading.manager import cache_manager

    log.forget()
    publisher.forget()
    cache_manager.reconfigure()


def _on_setting_changed(*, setting: str, **kwargs: Any) -> None:
    from .reading.manager import cache_manager

    if setting in ("CACHING", "CACHES"):
        _start_anew()
    elif setting == "DATABASE_ROUTERS":
        cache_manager.reconfigure()
