"""Answers for whoever watches the processes: a load balancer, a container runtime."""

import logging

from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from caching import cache_manager

logger = logging.getLogger(__name__)


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Say that this process answers. Asks neither database nor cache: a restart would mend neither."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Say whether this process can answer requests: 503 while the database cannot be reached.

    A cache that is degraded or switched off is ready: every answer is right, only slower.
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, InterfaceError) as error:
        logger.warning("Not ready: %s: %s", type(error).__name__, error)
        return JsonResponse({"status": "not ready", "database": "unreachable", "cache": _cache()}, status=503)
    return JsonResponse({"status": "ready", "database": "ok", "cache": _cache()})


def _cache() -> str:
    return cache_manager.state
