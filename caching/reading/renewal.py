"""Refresh before expiry: the first reader of a value whose time is nearly over gets it, and another thread renews it.

Each entry is due for renewal at a moment of its own between 0.8 and 0.9 of its time to live, so that entries that were
loaded together are not renewed together. Until it expires, an entry is served by the same rule as any other: only while
its stamp holds. The new value is loaded and stored by the rules of any load, so nothing is served that would not be
served without all this. What nobody reads is not renewed.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import copy_context
from functools import partial
from typing import Any

from asgiref.sync import sync_to_async
from django.utils import timezone, translation

from ..monitoring import stats
from .background import report
from .dependencies import Dependencies
from .entries import Kind
from .finding import find_shared
from .loading import aload_anew, load_anew
from .tiers import Entry

Known = Callable[[], Dependencies]
_tasks: set[asyncio.Task[None]] = set()
"""Tasks that renew a value: an event loop itself keeps none of its tasks alive."""


def renew_later(
    kind: Kind, key: str, held: Entry, load: Callable[[], Any], dependencies: Known, ttl: float | None
) -> None:
    """Let another thread renew the value of which ``held`` is served until then.

    The load runs in a copy of the caller's context, in its language and time zone. What else belongs to the caller's
    thread it does not see, so values that an application computes are renewed only where the settings say so.
    """
    language, zone = translation.get_language(), timezone.get_current_timezone()

    def load_there() -> Any:
        with translation.override(language), timezone.override(zone):
            return load()

    job = partial(copy_context().run, renew, kind, key, held, load_there, dependencies, ttl)
    kind.runtime.background.submit(kind.name_at(key, None), job)


def renew_answer_later(lookup: Any, key: str, held: Entry) -> None:
    """Let another thread renew the answer of a look-up (``RowsByField``), which depends on nothing but its key."""
    if (value := lookup.value_of(key)) is not None:

        def load() -> Any:
            return lookup._answers({key: value})[key]

        renew_later(lookup.kind, key, held, load, lambda: lookup.dependencies(value), None)


def renew(kind: Kind, key: str, held: Entry, load: Callable[[], Any], dependencies: Known, ttl: float | None) -> None:
    """Renew the value in this thread, unless another process or a reader has done so."""
    if load_anew(kind, key, load, dependencies, ttl, lambda: _is_renewed(kind, key, held)):
        kind.count(stats.REFRESHED)


def arenew_later(
    kind: Kind, key: str, held: Entry, load: Callable[[], Awaitable[Any]], dependencies: Known, ttl: float | None
) -> None:
    """Do the same as ``renew_later`` with an awaitable load, in a task of the running event loop."""

    async def arenew() -> None:
        if not await sync_to_async(_is_renewed)(kind, key, held) and await aload_anew(
            kind, key, load, dependencies, ttl
        ):
            kind.count(stats.REFRESHED)

    task = asyncio.get_running_loop().create_task(arenew(), name="caching-renewal")
    _tasks.add(task)
    task.add_done_callback(_ended)


def _ended(task: asyncio.Task[None]) -> None:
    _tasks.discard(task)
    if not task.cancelled():
        report(task.exception())


def _is_renewed(kind: Kind, key: str, held: Entry) -> bool:
    """Whether another process has put a younger value into the shared tier; then this one holds it now."""
    entry = find_shared({key: kind}, counter=None).get(key)
    left = held.deadline - kind.runtime.clock()
    return entry is not None and entry.deadline > held.deadline + left / 2
