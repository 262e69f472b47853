"""One state of everything: the database, the store, the caches, the actors; and its canonical form.

Generations are opaque and deadlines only have an order, so both are renamed by their first occurrence, in order. What
can never be served or stored again, because a generation that it needs is gone, is forgotten. So there are finitely
many states, and each is visited once.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from .database import Answer, Query, Row, Rows, changed
from .store import Slot

if TYPE_CHECKING:
    from .protocol import Model

Frozen = tuple[Any, ...]
Stamp = tuple[tuple[int, int], ...]
"""(slot, generation) of every tag of an entry."""


Writes = tuple[tuple[str, Row], ...]


class Violation(Exception):
    """The protocol has broken its promise; the message says which."""


class Intent(NamedTuple):
    """What ``begin`` gave to a writer: until when, in which file, on which slots."""

    deadline: int
    file: int
    slots: tuple[int, ...]


class Entry(NamedTuple):
    """A cached answer and its stamp."""

    value: Answer
    stamp: Stamp


class InFlight(NamedTuple):
    """A COMMIT that was sent by somebody who does not wait for its answer any more."""

    owner: int
    writes: Writes
    intent: Intent


class Actor:
    """A thread: where it is in its program, and what it knows."""

    __slots__ = (
        *("op", "step", "overlay", "dirty", "snapshot", "intent", "peeked"),
        *("guards", "stamp", "value", "uncommitted", "partial", "waiting", "allowed"),
    )

    def __init__(self) -> None:
        self.op = self.step = 0
        self.overlay: Writes = ()
        """What its open transaction has written; it holds the locks of these rows."""
        self.dirty: tuple[str, ...] = ()
        self.snapshot: Rows | None = None
        self.intent: Intent | None = None
        self.peeked: tuple[int, ...] = ()
        self.forget_read()

    def forget_read(self) -> None:
        self.guards: Stamp | None = None
        """The guards before the load, empty when they have been read again; None if nothing will be stored."""
        self.stamp: Stamp = ()
        self.value: Answer | None = None
        self.uncommitted = False
        self.partial: Stamp = ()
        """What was read so far of several slots, where they are read one by one."""
        self.waiting = ""
        self.allowed: tuple[Answer, ...] | None = None
        """What it may return, if its read has begun in an earlier step."""


class World:
    """A state that may be changed: ``thaw`` makes one from its canonical form, ``freeze`` goes back."""

    def __init__(self) -> None:
        self.history: list[tuple[Rows, int]] = []
        """Committed states, newest last, each with the writer that has still to publish it (-1: nobody)."""
        self.files: list[list[Slot]] = []
        """The store; the last file is the one at the path."""
        self.mapped: list[int] = []
        self.caches: list[dict[int, Entry]] = []
        self.actors: list[Actor] = []
        self.in_flight: list[InFlight] = []
        self.lock = -1
        self.kills = 0
        self.generations = 0
        self.deadlines = 0

    @property
    def rows(self) -> Rows:
        return self.history[-1][0]

    def fresh(self) -> int:
        """Return a generation that nobody has ever had."""
        self.generations += 1
        return self.generations

    def new_deadline(self) -> int:
        self.deadlines += 1
        return self.deadlines

    # -- what may be read -------------------------------------------------------------------------------------------

    def land(self, writes: Writes, owner: int, queries: "list[Query | None]") -> None:
        """Commit. Reads that are under way may return the new state, too; ``queries`` are what the actors read."""
        self.history.append((changed(self.rows, dict(writes)), owner))
        for actor, query in zip(self.actors, queries, strict=True):
            if actor.allowed is not None and query is not None:
                answer = query.answer(changed(self.rows, dict(actor.overlay)))
                actor.allowed = tuple(sorted({*actor.allowed, answer}))
        self.publish(-1)

    def publish(self, owner: int) -> None:
        """A writer has done all it can: from now on nobody may read what was before."""
        self.history = [(rows, -1 if by == owner else by) for rows, by in self.history]
        while len(self.history) > 1 and self.history[1][1] == -1:
            del self.history[0]

    def allowed(self, query: Query, actor: Actor) -> list[Answer]:
        """Return the answers that a read which begins now may give: none older than the newest published change."""
        own = dict(actor.overlay)
        answers = [query.answer(changed(rows, own)) for rows, _ in self.history]
        oldest = 0
        for index in range(1, len(answers)):
            if self.history[index][1] == -1 and answers[index] != answers[index - 1]:
                oldest = index
        return answers[oldest:]

    # -- time -------------------------------------------------------------------------------------------------------

    def every_deadline(self, change: Callable[[int], int]) -> None:
        """Replace every deadline that somebody still looks at."""
        for slots in self.files:
            for index, slot in enumerate(slots):
                if slot.deadline:
                    slots[index] = slot._replace(deadline=change(slot.deadline))
        for actor in self.actors:
            if actor.intent is not None:
                actor.intent = actor.intent._replace(deadline=change(actor.intent.deadline))
        self.in_flight = [one._replace(intent=one.intent._replace(deadline=change(one.intent.deadline)))
                          for one in self.in_flight]  # fmt: skip

    # -- the canonical form -----------------------------------------------------------------------------------------

    def freeze(self, model: "Model") -> Frozen:
        """Return the state as nested tuples, the same for all states that differ in names only."""
        self._forget_the_dead(model)
        if self.deadlines:
            found: set[int] = set()
            self.every_deadline(lambda deadline: found.add(deadline) or deadline)  # type: ignore[func-returns-value]
            ranks = {deadline: rank for rank, deadline in enumerate(sorted(found | {0}))}
            self.deadlines = len(ranks) - 1
            if ranks.get(self.deadlines) != self.deadlines:
                self.every_deadline(ranks.__getitem__)
        names: dict[int, int] = {}

        def name(generation: int) -> int:
            return generation if generation < 0 else names.setdefault(generation, len(names) + 1)

        def named(stamp: Stamp) -> Stamp:
            return tuple([(slot, name(generation)) for slot, generation in stamp])

        files = tuple([
            tuple([(name(slot[0]), slot[1], slot[2], slot[3]) for slot in slots]) for slots in self.files
        ])  # fmt: skip
        caches = tuple([
            tuple([(query, entry.value, named(entry.stamp)) for query, entry in sorted(cache.items())])
            for cache in self.caches
        ])  # fmt: skip
        actors = tuple([
            (
                (actor.op, actor.step, actor.overlay, actor.dirty, actor.snapshot,
                 actor.intent and tuple(actor.intent), actor.peeked),
                (None if actor.guards is None else named(actor.guards), named(actor.stamp), actor.value,
                 actor.uncommitted, named(actor.partial), actor.waiting, actor.allowed),
            )
            for actor in self.actors
        ])  # fmt: skip
        flying = tuple([(owner, writes, tuple(intent)) for owner, writes, intent in self.in_flight])
        rest = (flying, self.lock, self.kills, len(names), self.deadlines)
        return (tuple(self.history), files, tuple(self.mapped), caches, actors, *rest)

    def _forget_the_dead(self, model: "Model") -> None:
        """Drop the entries and leases that need a generation which is gone: it never comes back."""
        rules = model.rules
        if not rules.generations_never_return:
            return
        for process, cache in enumerate(self.caches if rules.check_on_every_read else ()):
            for query, entry in list(cache.items()):
                if self._is_gone(process, entry.stamp):
                    del cache[query]
        for process, actor in zip(model.processes, self.actors, strict=True):
            if actor.guards and not actor.partial and rules.guards_read_again and self._is_gone(process, actor.guards):
                actor.guards, actor.stamp = None, ()

    def _is_gone(self, process: int, stamp: Stamp) -> bool:
        slots = self.files[self.mapped[process]]
        return any(slots[slot].generation != generation for slot, generation in stamp)

    @classmethod
    def thaw(cls, frozen: Frozen) -> "World":
        """Return a state that may be changed."""
        world = cls()
        history, files, mapped, caches, actors, flying, *rest = frozen
        world.history = list(history)
        world.files = [[Slot(*slot) for slot in slots] for slots in files]
        world.mapped = list(mapped)
        world.caches = [{query: Entry(value, stamp) for query, value, stamp in cache} for cache in caches]
        world.actors = [_thaw_actor(actor) for actor in actors]
        world.in_flight = [InFlight(owner, writes, Intent(*intent)) for owner, writes, intent in flying]
        world.lock, world.kills, world.generations, world.deadlines = rest
        return world


def _thaw_actor(frozen: Frozen) -> Actor:
    actor = Actor.__new__(Actor)
    (
        (actor.op, actor.step, actor.overlay, actor.dirty, actor.snapshot, intent, actor.peeked),
        (actor.guards, actor.stamp, actor.value, actor.uncommitted, actor.partial, actor.waiting, actor.allowed),
    ) = frozen
    actor.intent = intent and Intent(*intent)
    return actor
