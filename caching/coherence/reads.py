"""Times the SELECT statements that the cache has not answered, for "what to cache next"."""

from collections.abc import Callable
from time import perf_counter_ns
from typing import Any

from ..monitoring.repeated_selects import is_loading, selects


def run(text: str, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Execute a statement that writes nothing, and note its text and time unless the cache itself is loading."""
    if is_loading.get():
        return execute(sql, params, many, context)
    started = perf_counter_ns()
    result = execute(sql, params, many, context)
    selects.note(text, perf_counter_ns() - started, context["connection"].vendor)
    return result
