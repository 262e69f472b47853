"""A dict from natural keys to primary keys for the duration of one import."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import Any, Protocol, TypeVar, overload

Default = TypeVar("Default")


class PrimaryKeyLookup(Protocol):
    """The part of a CachedLookup that a BatchCache uses."""

    def normalise(self, value: Any) -> Hashable | None: ...

    def get_many_pks(
        self, values: Iterable[Any], *, normalised: bool = False
    ) -> tuple[Mapping[Any, Any], Mapping[str, int]]: ...


class BatchCache:
    """Primary keys by the field of a look-up, for the duration of one import.

    Fill it *before* the transaction begins: the cache must not be filled from inside a snapshot. After that it is a
    plain dict and asks neither the cache nor the database again. It belongs to one thread and is as current as its last
    `fill()`: if another process deletes a row in the meantime, the database rejects the foreign key.
    """

    def __init__(self, lookup: PrimaryKeyLookup) -> None:
        self._lookup = lookup
        self._pks: dict[Hashable, Any] = {}
        self._canonical: dict[type, dict[Any, Hashable | None]] = {str: {}, int: {}}
        self._missing: set[Hashable] = set()
        self._tiers: Counter[str] = Counter()
        self._answered = 0

    def fill(self, values: Iterable[Any]) -> None:
        """Look up values that are new here: in the local tier, the shared tier, then by one query (in chunks)."""
        wanted = {canonical for value in values if (canonical := self._normalise(value)) is not None}
        wanted -= self._pks.keys()
        wanted -= self._missing
        if not wanted:
            return
        found, tiers = self._lookup.get_many_pks(wanted, normalised=True)
        self._pks.update(found)
        self._missing |= wanted - found.keys()
        self._tiers.update(tiers)

    @overload
    def get(self, value: Any) -> Any | None: ...
    @overload
    def get(self, value: Any, default: Default) -> Any | Default: ...
    def get(self, value: Any, default: Any = None) -> Any:
        """Return the primary key, or the default if there is no row. Never queries the database."""
        self._answered += 1
        return self._pks.get(self._normalise(value), default)

    def get_all(self, values: Iterable[Any]) -> list[Any | None]:
        """Return the primary key of each value, in the same order, with None where there is no row."""
        texts, pks, normalise = self._canonical[str], self._pks, self._normalise
        found = [
            pks.get(texts[value] if type(value) is str and value in texts else normalise(value)) for value in values
        ]
        self._answered += len(found)
        return found

    def add(self, value: Any, pk: Any) -> None:
        """Remember a row that this import has created."""
        canonical = self._normalise(value)
        if canonical is None:
            raise ValueError(f"{value!r} is no value of the field that this batch looks up.")
        self._pks[canonical] = pk
        self._missing.discard(canonical)

    @property
    def lookups(self) -> dict[str, int]:
        """The number of look-ups by source: "batch" for this dict, then the sources of its content."""
        tiers = ("local", "shared", "database", "missing")
        return {"batch": self._answered, **{tier: self._tiers[tier] for tier in tiers}}

    def __getitem__(self, value: Any) -> Any:
        self._answered += 1
        canonical = self._normalise(value)
        if canonical not in self._pks:
            raise KeyError(value)
        return self._pks[canonical]

    def __contains__(self, value: object) -> bool:
        return self._normalise(value) in self._pks

    def __len__(self) -> int:
        return len(self._pks)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._pks)

    def _normalise(self, value: Any) -> Hashable | None:
        """Return the canonical value, or None if the field cannot hold it; each spelling is normalised once."""
        if value is None:
            return None
        # Not by the value alone: 1, True and 1.0 are equal, and so are decimals of different text.
        if (known := self._canonical.get(type(value))) is None:
            return self._lookup.normalise(value)
        try:
            return known[value]
        except KeyError:
            canonical = known[value] = self._lookup.normalise(value)
            return canonical
