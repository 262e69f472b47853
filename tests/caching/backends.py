"""A real backend of Django's cache framework that fails when told to."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.core.cache.backends.base import BaseCache


class FaultyCache(BaseCache):
    """Values in memory, shared by all threads; raises ``fault`` while there is one."""

    fault: ClassVar[BaseException | None] = None
    calls: ClassVar[int] = 0
    values: ClassVar[dict[str, Any]] = {}

    def __init__(self, location: str, params: Mapping[str, Any]) -> None:
        super().__init__(dict(params))

    def _called(self) -> None:
        type(self).calls += 1
        if self.fault is not None:
            raise self.fault

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        self._called()
        return self.values.get(key, default)

    def set(self, key: str, value: Any, timeout: Any = None, version: int | None = None) -> None:
        self._called()
        self.values[key] = value

    def delete(self, key: str, version: int | None = None) -> bool:
        self._called()
        return self.values.pop(key, None) is not None
