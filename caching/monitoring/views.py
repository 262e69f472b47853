"""The counts for programs: /api/cache/stats/ as JSON, /metrics for Prometheus.

Both let in a user who may ``caching.view_cache_stats``, by session, and whoever sends the token of
``CACHING["STATS_TOKEN"]``. A token that is wrong is logged, without the token.
"""

import logging
import secrets
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ..reading.manager import cache_manager
from . import history, reports
from .questions import what_to_cache_next
from .sampler import sample_now
from .state import gauges, state

logger = logging.getLogger("caching")

PERMISSION = "caching.view_cache_stats"
MAX_SHAPES = 50
_LONGEST_TOKEN = 500
View = Callable[[HttpRequest], HttpResponse]


def for_programs(view: View) -> View:
    """Let in users with the permission and programs with the token; answer others with 401 or 403 and a sentence."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        header = request.headers.get("Authorization", "")
        if header:
            return view(request) if _is_token(header) else _refused(request)
        user: Any = getattr(request, "user", None)
        if user is None or not user.is_authenticated:
            return _unauthenticated("Log in, or send the token as Authorization: Bearer TOKEN.")
        if not user.has_perm(PERMISSION):
            return JsonResponse({"error": "You may not see what the cache does."}, status=403)
        return view(request)

    return never_cache(require_safe(guarded))


def _is_token(header: str) -> bool:
    token = cache_manager.config.STATS_TOKEN
    scheme, _, sent = header.partition(" ")
    if token is None or scheme.lower() != "bearer" or len(sent) > _LONGEST_TOKEN:
        return False
    return secrets.compare_digest(sent.strip().encode(), token.encode())


def _refused(request: HttpRequest) -> HttpResponse:
    logger.warning("A wrong token for %s from %s.", request.path, request.META.get("REMOTE_ADDR", "unknown"))
    return _unauthenticated("The token is not the one of this server.")


def _unauthenticated(sentence: str) -> HttpResponse:
    return JsonResponse({"error": sentence}, status=401, headers={"WWW-Authenticate": 'Bearer realm="cache"'})


@for_programs
def stats(request: HttpRequest) -> HttpResponse:
    """Answer with ``get_stats(all_processes=True)``.

    ``?since=1h`` adds the history of a period, ``?next`` the queries that the cache could answer next.
    """
    period = request.GET.get("since")
    if period is not None and period not in history.PERIODS:
        allowed = ", ".join(history.PERIODS)
        return JsonResponse({"error": f"since is {period[:20]!r}; allowed: {allowed}."}, status=400)
    if period is not None:
        sample_now()
    now = timezone.now()
    newest = history.hosts(now)
    report = reports.report(cache_manager.get_stats(all_processes=True))
    answer: dict[str, Any] = {
        **report,
        "scope": {
            "hosts": len(newest.keys() | {history.host_name()}),
            "processes": report["processes"],
            "age_seconds": 0,
        },
        "state": state(),
    }
    if period is not None:
        answer["history"] = _history(period, now)
    if "next" in request.GET:
        answer["next"] = [asdict(shape) for shape in what_to_cache_next(MAX_SHAPES)]
    return JsonResponse(answer)


def _history(period: str, now: datetime) -> dict[str, Any]:
    points = history.points(period, now)
    return {
        "period": period,
        "since": (now - history.PERIODS[period]).astimezone(UTC).isoformat(timespec="seconds"),
        "points": [
            {
                "at": point.at.astimezone(UTC).isoformat(timespec="seconds"),
                "seconds": point.seconds,
                "hits": (total := point.total).hits,
                "misses": total.misses,
                "total_requests": total.total_requests,
                "hit_rate": total.hit_rate,
                "load_p50": total.load_quantile(0.5),
                "load_p95": total.load_quantile(0.95),
                "saved_seconds": sum(counted.saved_seconds for counted in point.counts.values()),
                "errors": total["errors"],
                "invalidations": total.invalidations,
            }
            for point in points
        ],
    }


@for_programs
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer with the counts of the host in the text format of Prometheus."""
    # Imported here because a project that does not use this page need not install the package.
    from .prometheus import exposition

    content, content_type = exposition(
        cache_manager.get_stats(all_processes=True), gauges(state()), request.headers.get("Accept", "")
    )
    return HttpResponse(content, content_type=content_type)
