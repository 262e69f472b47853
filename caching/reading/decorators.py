"""The decorator that caches the return values of a function."""

from collections.abc import Callable, Iterable
from copy import copy
from functools import partial, update_wrapper
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction

from ..coherence.models_by_label import when_loaded
from ..exceptions import KeyOfLookUp
from ..keys import CacheType, positive_ttl
from .dependencies import Dependency
from .manager import cache_manager


def cached(
    cache_type: str | CacheType,
    key: Callable[..., str],
    *,
    ttl: float | None = None,
    depends_on: Iterable[Dependency] = (),
) -> Callable[[Callable[..., Any]], "CachedFunction"]:
    """Cache the return values of a sync or async function.

    ``key`` takes the arguments of the function and returns the key ("profile:5"). ``depends_on`` lists models, rows or
    selections; writes to them drop the value. The function gets the methods ``invalidate(*args)`` and
    ``refresh(*args)``.
    """

    dependencies = tuple(depends_on)
    for label in dependencies:
        if isinstance(label, str):
            when_loaded(label, lambda model: None)  # a label that names no model is found at start-up

    def decorate(function: Callable[..., Any]) -> CachedFunction:
        if isinstance(function, (classmethod, staticmethod, property)):
            kind_of_method = type(function).__name__
            raise TypeError(f"@cached takes a function, not a {kind_of_method}: put it below @{kind_of_method}.")
        kind = AsyncCachedFunction if iscoroutinefunction(function) else CachedFunction
        return kind(function, cache_type, key, positive_ttl(ttl), dependencies)

    return decorate


class CachedFunction:
    """A function whose return values are cached; it is called like the original."""

    def __init__(
        self,
        function: Callable[..., Any],
        cache_type: str | CacheType,
        key: Callable[..., str],
        ttl: float | None,
        depends_on: tuple[Dependency, ...],
    ) -> None:
        self._function = function
        self._cache_type = cache_type
        self._key = key
        self._ttl = ttl
        self._depends_on = depends_on
        update_wrapper(self, function)

    def __get__(self, instance: Any, owner: type | None = None) -> "CachedFunction":
        """Bind the function to an instance, as Python binds a method: it and its key get ``self`` first."""
        if instance is None:
            return self
        bound = copy(self)
        bound._function, bound._key = partial(self._function, instance), partial(self._key, instance)
        return bound

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return cache_manager.get_or_load(self._cache_type, *self._call(args, kwargs))

    async def acall(self, *args: Any, **kwargs: Any) -> Any:
        """Return the same as a call, for use in a coroutine."""
        return await cache_manager.aget_or_load(self._cache_type, *self._call(args, kwargs))

    def _call(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        def load() -> Any:
            return self._function(*args, **kwargs)

        key = self._key(*args, **kwargs)
        kind = cache_manager.types.kind_of(self._cache_type, key)
        if kind.declared_as:  # which is known only now: the key is computed
            raise KeyOfLookUp(kind.entries.name, kind.name, kind.declared_as)
        return key, load, self._ttl, self._depends_on

    def invalidate(self, *args: Any, **kwargs: Any) -> None:
        """Drop the value for these arguments in every process."""
        cache_manager.delete(self._cache_type, self._key(*args, **kwargs))

    def refresh(self, *args: Any, **kwargs: Any) -> Any:
        """Drop the value for these arguments in every process; load, cache and return a new one."""
        self.invalidate(*args, **kwargs)
        return self(*args, **kwargs)


class AsyncCachedFunction(CachedFunction):
    """A coroutine function whose return values are cached; ``refresh`` must be awaited."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        markcoroutinefunction(self)

    async def __call__(self, *args: Any, **kwargs: Any) -> Any:
        key, _, ttl, depends_on = self._call(args, kwargs)

        async def load() -> Any:
            return await self._function(*args, **kwargs)

        return await cache_manager.aget_or_load(self._cache_type, key, load, ttl, depends_on)

    acall = __call__

    async def refresh(self, *args: Any, **kwargs: Any) -> Any:
        self.invalidate(*args, **kwargs)
        return await self(*args, **kwargs)
