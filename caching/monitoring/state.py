"""In what state the cache is: enabled, degraded, its breaker, its outbox."""

from typing import Any

from django.db import DatabaseError

from ..coherence.publishing import publisher
from ..models import PendingInvalidation
from ..reading.manager import cache_manager


def state() -> dict[str, Any]:
    """Return the state as this process sees it. ``outbox`` is None if its table cannot be read; one query."""
    config = cache_manager.config
    shared = cache_manager.runtime.shared
    return {
        "enabled": config.ENABLED,
        "degraded": publisher.store.is_degraded,
        "breaker_open": shared is not None and shared.is_open,
        "shared": shared is not None,
        "outbox": _outbox(),
    }


def _outbox() -> int | None:
    try:
        return PendingInvalidation.objects.count()
    except DatabaseError:
        return None


def gauges(found: dict[str, Any]) -> dict[str, float]:
    """Return the state as the gauges of /metrics."""
    named = {name: f"cache_{name}" for name in ("enabled", "degraded", "breaker_open")}
    values = {gauge: float(found[name]) for name, gauge in named.items()}
    return values if found["outbox"] is None else {**values, "cache_outbox_size": float(found["outbox"])}
