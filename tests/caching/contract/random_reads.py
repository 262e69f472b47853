"""Every door to the rows of a random set, and what the database says in its place."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from caching import CachedGroup, CachedLookup, cache_manager, watch
from tests.caching.contract.random_models import CODES, ORDERS, SHELVES, Deferring, RandomSet

AT_ONCE = 2
"""How many doors are compared after each write."""


class RandomReads:
    """The look-ups and groups of a random set, compared with the database at any time."""

    def __init__(self, made: RandomSet) -> None:
        self._made, self.done, self._turn = made, 0, 0
        self._order: tuple[Any, ...] = made.drawn["order"]
        self._deferred = {"note"} if made.drawn["manager"] is Deferring else set()
        self._codes, self._keys = [made.code(n) for n in CODES], [made.key(n) for n in CODES]
        self._target = made.thing._meta.get_field("home").target_field.attname
        thing, kind = made.thing, str(made.number)
        for model in made.models:
            watch(model)
        options: dict[str, Any] = {"cache_type": "rule"}
        ordered = {"order_by": self._order, "select_related": ("home",) if ORDERS[self._order] else (), **options}
        self._by_code = CachedLookup(thing, "code", kind=f"code-{kind}", **options)
        self._joined = CachedLookup(thing, "code", kind=f"joined-{kind}", select_related=("home", "parent"), **options)
        self._by_key = CachedLookup(thing, "pk", kind=f"pk-{kind}", **options)
        self._by_shelf = CachedGroup(thing, "shelf", kind=f"shelf-{kind}", **ordered)
        self._by_home = CachedGroup(thing, "home", kind=f"home-{kind}", **ordered)
        self._special = CachedLookup(made.special, "code", kind=f"special-{kind}", **options) if made.special else None

    def drop_local(self) -> None:
        """Let the shared tier alone hold what is cached."""
        self._by_key.kind.entries.drop()

    def differences(self, *, everywhere: bool) -> Iterator[str]:
        """Yield in what the doors differ from the database now: every door, or a few that take turns.

        What is stale in a door that is not asked is still stale when its turn comes. One value and many take turns.
        """
        # Many at once is the quicker way to fill them all.
        self._turn += 2 - self._turn % 2 if everywhere else 1
        made, every = self._made, self._made.thing._default_manager
        rows = list(every.select_related("home", "parent").order_by(*self._order))
        homes = list(made.home.objects.order_by("pk"))
        doors = [
            lambda: self._rows("by code", self._by_code, self._codes, {row.code: row for row in rows}),
            lambda: self._lists("by home", self._by_home, [getattr(home, self._target) for home in homes], rows),
            lambda: self._rows("by key", self._by_key, self._keys, {row.pk: row for row in rows}),
            lambda: self._tags(homes),
            lambda: self._rows("by code, joined", self._joined, self._codes, {row.code: row for row in rows}),
            lambda: self._lists("by shelf", self._by_shelf, list(SHELVES), rows),
            lambda: self._pks({row.pk for row in rows}),
            self._specials,
        ]
        first = 0 if everywhere else AT_ONCE * self._turn
        for number in range(first, first + (len(doors) if everywhere else AT_ONCE)):
            yield from doors[number % len(doors)]()

    def _pks(self, wanted: set[Any]) -> Iterator[str]:
        self.done += 1
        found = self._by_key.get_many_pks(self._keys)[0]
        if found != {pk: pk for pk in wanted}:
            yield f"keys: {found}, the database has {wanted}"

    def _specials(self) -> Iterator[str]:
        if self._special is not None:
            wanted = {row.code: row for row in self._made.special._default_manager.all()}
            yield from self._rows("specials", self._special, self._codes, wanted)

    def _rows(self, door: str, reads: CachedLookup[Any], values: list[Any], rows: dict[Any, Any]) -> Iterator[str]:
        if self._turn % 2:
            found = {value: row for value in values if (row := reads.get(value)) is not None}
        else:
            found = reads.get_many(values)
        self.done += len(values)
        yield from self._compared(door, found, rows)

    def _lists(self, door: str, reads: CachedGroup[Any], values: list[Any], rows: list[Any]) -> Iterator[str]:
        found = {value: reads.get(value) for value in values} if self._turn % 2 else reads.get_many(values)
        self.done += len(values)
        wanted = defaultdict(list)
        for row in rows:
            wanted[getattr(row, reads.field.attname)].append(row)
        for value in values:
            ours, theirs = dict(enumerate(found[value])), dict(enumerate(wanted[value]))
            yield from self._compared(f"{door} {value}", ours, theirs)

    def _compared(self, door: str, found: dict[Any, Any], wanted: dict[Any, Any]) -> Iterator[str]:
        ours = {value: self._plain(row, row) for value, row in found.items()}
        theirs = {value: self._plain(row, found.get(value, row)) for value, row in wanted.items()}
        if ours != theirs:
            yield f"{door}: {ours}, the database has {theirs}"

    def _plain(self, row: Any, like: Any) -> Any:
        """Return the columns of a row, and of the rows that are joined to ``like``."""
        attnames = [field.attname for field in row._meta.concrete_fields if field.attname not in self._deferred]
        found = {name: repr(getattr(row, name)) for name in attnames}
        for name, joined in like._state.fields_cache.items():
            other = getattr(row, name)
            found[f"joined {name}"] = self._plain(other, joined) if other is not None and joined is not None else other
        return found

    def _tags(self, homes: list[Any]) -> Iterator[str]:
        """Compare which things each home is a tag of: a value that depends on the home alone."""
        rows = self._made.thing._base_manager
        tagged: defaultdict[Any, list[str]] = defaultdict(list)
        for pk, home in rows.exclude(tags=None).values_list("pk", "tags__pk"):
            tagged[home].append(str(pk))
        for home in homes:
            self.done += 1

            def load(home: Any = home) -> list[str]:
                return sorted(map(str, rows.filter(tags=home).values_list("pk", flat=True)))

            key = f"tags-{self._made.number}:{home.pk}"
            found = cache_manager.get_or_load("rule", key, load, depends_on=[home])
            if found != sorted(tagged[home.pk]):
                yield f"tagged by {home.pk}: {found}, the database has {sorted(tagged[home.pk])}"
