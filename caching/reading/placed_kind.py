"""A kind of key whose answers differ from place to place."""

from collections.abc import Collection, Iterable, Mapping

from .entries import Kind, TypeEntries
from .places import Place
from .runtime import Runtime
from .tiers import Entry


class PlacedKind(Kind):
    """A kind whose answers differ from place to place (``places``): each entry is held under its key and its place."""

    __slots__ = ("_place",)
    is_placed = True

    def __init__(self, runtime: Runtime, entries: TypeEntries, name: str, ttl: float, place: Place) -> None:
        super().__init__(runtime, entries, name, ttl)
        self._place = place

    def place(self) -> str | None:
        return self._place()

    def find(self, key: str) -> Entry | None:
        place = self._place()
        return None if place is None else super().find(f"{key}\n{place}")

    def find_many(self, keys: Iterable[str]) -> dict[str, Entry]:
        place = self._place()
        if place is None:
            return {}
        names = {f"{key}\n{place}": key for key in keys}
        return {names[name]: entry for name, entry in super().find_many(names).items()}

    def put(self, found: Mapping[str, Entry], counter: int | None, place: str = "") -> None:
        super().put({f"{key}\n{place}": entry for key, entry in found.items()}, counter)

    def servable(self, keys: Collection[str]) -> set[str]:
        place = self._place()
        names = {f"{key}\n{place}": key for key in keys}
        return {names[name] for name in super().servable(names)}

    def fill(self, found: Mapping[str, Entry], counter: int, place: str = "") -> None:
        super().fill({f"{key}\n{place}": entry for key, entry in found.items()}, counter)
