"""A web application for tests of a server with an event loop: its views read computed values through the cache."""

import asyncio
import os
import threading
from typing import Any

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import HttpRequest, JsonResponse
from django.urls import path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scheduler_project.settings")
settings.ROOT_URLCONF, settings.MIDDLEWARE = __name__, []
settings.CACHING = {**settings.CACHING, "SAMPLE_SECONDS": 0}
application = get_asgi_application()

from caching import cache_manager  # noqa: E402

loads, cancelled = 0, 0
may_end = asyncio.Event()
thread_may_end = threading.Event()


async def load() -> str:
    global loads
    loads += 1
    await may_end.wait()
    return "loaded"


def load_in_a_thread() -> str:
    global loads
    loads += 1
    thread_may_end.wait(30)
    return "loaded"


async def slow(request: HttpRequest, key: str) -> JsonResponse:
    """Read a value whose load lasts until ``release``."""
    global cancelled
    try:
        return JsonResponse({"value": await cache_manager.aget_or_load("general", f"slow:{key}", load)})
    except asyncio.CancelledError:
        cancelled += 1
        raise


async def blocking(request: HttpRequest) -> JsonResponse:
    """Read a value whose load blocks its thread until ``release``."""
    return JsonResponse({"value": await cache_manager.aget_or_load("general", "blocking:1", load_in_a_thread)})


async def hit(request: HttpRequest) -> JsonResponse:
    """Read a value twice; return how often the second read left the event loop."""
    loop: Any = asyncio.get_running_loop()
    run_in_executor, left = loop.run_in_executor, []

    def counting(*arguments: Any) -> Any:
        left.append(arguments)
        return run_in_executor(*arguments)

    await cache_manager.aget_or_load("general", "held:1", lambda: "held")
    loop.run_in_executor = counting
    try:
        value = await cache_manager.aget_or_load("general", "held:1", lambda: "held")
        left_by_a_hit = len(left)
        await cache_manager.aget_or_load("general", f"new:{request.GET['key']}", lambda: "new")
    finally:
        del loop.run_in_executor
    return JsonResponse({"value": value, "left": left_by_a_hit, "left_by_a_miss": len(left) - left_by_a_hit})


async def counts(request: HttpRequest) -> JsonResponse:
    waits = cache_manager.get_stats()["types"]["general"]["waits"]
    return JsonResponse({"loads": loads, "cancelled": cancelled, "waits": waits})


async def release(request: HttpRequest) -> JsonResponse:
    may_end.set()
    thread_may_end.set()
    return JsonResponse({})


urlpatterns = [
    path("slow/<str:key>", slow),
    path("blocking", blocking),
    path("hit", hit),
    path("counts", counts),
    path("release", release),
]
