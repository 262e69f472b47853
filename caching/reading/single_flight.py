"""Single flight: if several callers miss the same key at the same time, one loads and the others wait for it.

If the load fails, its error reaches all who wait for it. It is not kept: the next caller loads again.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from contextvars import ContextVar, copy_context
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from .background import report

WAIT_SECONDS = 10.0
"""How long a caller waits for another caller's load before it loads the value itself."""

Name = tuple[str, str]
Given = ParamSpec("Given")
Loaded = TypeVar("Loaded")
_loading_here: ContextVar[frozenset[Name]] = ContextVar("caching_loading", default=frozenset())
"""What the tasks of this context are loading."""
_tasks: set["asyncio.Task[Any]"] = set()
"""Loads of tasks: an event loop itself keeps none of its tasks alive."""


class SingleFlight:
    """The loads in progress in this process, by cache type and key."""

    def __init__(self) -> None:
        self._loading: dict[Name, tuple[threading.Event, int, list[Exception]]] = {}
        self._awaiting: dict[tuple[Name, int], tuple[asyncio.Event, list[Exception]]] = {}

    def is_loading(self, name: Name) -> bool:
        """Whether a thread of this process is loading it."""
        return name in self._loading

    @contextmanager
    def joined(self, name: Name, *, may_wait: Callable[[], bool]) -> Iterator[bool]:
        """Run the block after another thread's load of the same name has ended; yield whether it had to wait.

        A caller that holds database locks must not wait, because the load may be waiting for them. A load that asks for
        its own name does not wait for itself.
        """
        mine: tuple[threading.Event, int, list[Exception]] = threading.Event(), threading.get_ident(), []
        event, thread, errors = self._loading.setdefault(name, mine)
        waited = event is not mine[0] and thread != mine[1] and may_wait()
        if waited:
            event.wait(WAIT_SECONDS)
            if errors:
                raise errors[0]
        try:
            yield waited
        except Exception as error:
            mine[2].append(error)
            raise
        finally:
            if event is mine[0]:
                self._loading.pop(name, None)
                event.set()

    @asynccontextmanager
    async def awaited(self, name: Name) -> AsyncIterator[None]:
        """Run the block after another task of this event loop has ended its load of the same name.

        A load that asks for its own name does not wait for itself, nor does a task that it has started.
        """
        place = name, id(asyncio.get_running_loop())
        mine: tuple[asyncio.Event, list[Exception]] = asyncio.Event(), []
        event, errors = self._awaiting.setdefault(place, mine)
        inside = _loading_here.get()
        if event is not mine[0] and name not in inside:
            with suppress(TimeoutError):
                await asyncio.wait_for(event.wait(), WAIT_SECONDS)
            if errors:
                raise errors[0]
        token = _loading_here.set(inside | {name})
        try:
            yield
        except Exception as error:
            mine[1].append(error)
            raise
        finally:
            _loading_here.reset(token)
            if event is mine[0]:
                self._awaiting.pop(place, None)
                event.set()


def kept_going(
    kept: ContextVar[Any],
) -> Callable[[Callable[Given, Coroutine[Any, Any, Loaded]]], Callable[Given, Coroutine[Any, Any, Loaded]]]:
    """Decorate a load that goes on if its caller is cancelled: others may wait for it.

    What the load leaves in the variable ``kept`` is left to the caller, as if there were no task of its own.
    """

    def decorate(load: Callable[Given, Coroutine[Any, Any, Loaded]]) -> Callable[Given, Coroutine[Any, Any, Loaded]]:
        @wraps(load)
        async def going_on(*args: Given.args, **kwargs: Given.kwargs) -> Loaded:
            context, loop = copy_context(), asyncio.get_running_loop()
            task = loop.create_task(load(*args, **kwargs), name="caching-load", context=context)
            _tasks.add(task)
            task.add_done_callback(_tasks.discard)
            try:
                return await asyncio.shield(task)
            except asyncio.CancelledError:
                task.add_done_callback(_report)
                raise
            finally:
                if task.done() and kept in context:
                    kept.set(context[kept])

        return going_on

    return decorate


def _report(task: "asyncio.Task[Any]") -> None:
    if not task.cancelled():
        report(task.exception())
