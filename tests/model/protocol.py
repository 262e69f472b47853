"""What the actors do: each operation is a sequence of steps, and between any two of them anybody else may act.

A step touches shared state once. It is named by a string and done by the function of that name, which returns what it
did in words, or None if it has to wait.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from . import store
from .database import Query, Statement, all_rows, any_row, row_tag
from .rules import ALL, Rules
from .vocabulary import AUTOCOMMIT, COMMIT, GET_SET, OUTSIDE, READ, ROLLBACK, SNAPSHOT, WRITE, Operation, Scenario
from .world import Actor, Stamp, World

PENDING = -1_000_000
"""What is read of a slot with a live intent: no generation."""
STEPS: "dict[str, Callable[[Turn], str | None]]" = {}
"""By name; reading.py and writing.py enter theirs."""


def step(function: "Callable[[Turn], str | None]") -> "Callable[[Turn], str | None]":
    """Enter a step."""
    STEPS[function.__name__] = function
    return function


def sequence(kind: str, rules: Rules) -> tuple[str, ...]:
    """Return the steps of an operation, in the order in which the rules want them."""
    after = ("learn", "recheck", "put") if rules.guards_read_last else ("recheck", "learn", "put")
    before = ("guards", "known")
    commit: tuple[str, ...] = ("begin", "commit", "end")
    if not rules.begin_and_end_are_atomic:
        commit = ("peek", *commit)
    if not rules.end_after_commit:
        commit = ("begin", "end", "commit")
    apply = tuple("apply" if step == "commit" else step for step in commit)
    if not rules.unknown_rows_publish_all:
        apply = ("select", *apply)
    if not rules.stamp_before_load:
        read = get_set = ("find", "load", *before, *after)
    else:
        read, get_set = ("find", *before, "load", *after), (*before, "find", "load", *after)
    return {
        READ: read,
        GET_SET: get_set,
        SNAPSHOT: ("take_snapshot",),
        WRITE: ("statement",),
        ROLLBACK: ("rollback",),
        COMMIT: commit if rules.intent_before_commit else ("commit", "publish"),
        AUTOCOMMIT: apply if rules.intent_before_autocommit else ("apply", "begin", "end"),
        OUTSIDE: ("apply", "publish"),
    }[kind]


class Turn(NamedTuple):
    """Whose turn it is, in which world."""

    model: "Model"
    world: World
    number: int

    @property
    def actor(self) -> Actor:
        return self.world.actors[self.number]

    @property
    def operation(self) -> Operation:
        return self.model.programs[self.number][self.actor.op]

    @property
    def query(self) -> Query:
        assert isinstance(self.operation.what, Query)
        return self.operation.what

    @property
    def statement(self) -> Statement:
        assert isinstance(self.operation.what, Statement)
        return self.operation.what

    @property
    def process(self) -> int:
        return self.model.processes[self.number]

    @property
    def slots(self) -> list[store.Slot]:
        """The file that this process has mapped."""
        return self.world.files[self.world.mapped[self.process]]

    def next(self) -> None:
        """Go to the next step, or operation."""
        self.actor.step += 1
        if self.actor.step == len(self.model.sequences[self.operation.kind]):
            self.finish()

    def finish(self) -> None:
        """Go to the next operation."""
        self.actor.forget_read()
        self.actor.op, self.actor.step = self.actor.op + 1, 0

    def next_of_write(self) -> None:
        """Go to the next step of a COMMIT, after the last of which its writer goes on."""
        if self.actor.step + 1 < len(self.model.sequences[self.operation.kind]):
            self.actor.step += 1
        else:
            self.finish_transaction()

    def finish_transaction(self, *, published: bool = True) -> None:
        """Nothing is dirty any more. What has ``published`` has returned to its caller."""
        if published:
            self.world.publish(self.number)
        actor = self.actor
        actor.overlay, actor.dirty, actor.snapshot, actor.intent, actor.peeked = (), (), None, None, ()
        self.finish()

    def wait(self) -> None:
        """A read that goes on has begun now; what it may return is noted."""
        if self.actor.allowed is None:
            self.actor.allowed = tuple(sorted(set(self.world.allowed(self.query, self.actor))))

    def read(self, at: tuple[int, ...]) -> Stamp | None:
        """Read the slots, None while there are more; where nothing is atomic, one in a step."""
        actor = self.actor
        if not self.model.scenario.torn:
            return self._generations(at)
        actor.partial += self._generations(at[len(actor.partial) : len(actor.partial) + 1])
        if len(actor.partial) < len(at):
            return None
        read, actor.partial = actor.partial, ()
        return read

    def _generations(self, at: tuple[int, ...]) -> Stamp:
        slots, as_usual = self.slots, not self.model.rules.nothing_stored_under_an_intent
        return tuple([
            (index, slots[index].generation if as_usual or not slots[index].pending else PENDING) for index in at
        ])  # fmt: skip


class Model:
    """A scenario under some rules."""

    def __init__(self, scenario: Scenario, rules: Rules) -> None:
        self.scenario, self.rules = scenario, rules
        self.programs = [actor.program for actor in scenario.actors]
        self.processes = [actor.process for actor in scenario.actors]
        self.shared = {process for process in self.processes if self.processes.count(process) > 1}
        kinds = {operation.kind for program in self.programs for operation in program} | {READ}
        self.sequences = {kind: sequence(kind, rules) for kind in kinds}
        self._slots: dict[str, int] = {}

    def start(self) -> World:
        """Return the state in which everything begins."""
        world = World()
        world.history = [(self.scenario.rows, -1)]
        world.actors = [Actor() for _ in self.programs]
        world.mapped = [0] * (max(self.processes) + 1)
        world.caches = [{} for _ in world.mapped]
        world.kills = self.scenario.kills
        world.files = [[store.Slot(world.fresh()) for _ in self.all_slots()]]
        return world

    def all_slots(self) -> range:
        """Return the slots that the tags of the scenario have."""
        tags = {tag for name, _ in self.scenario.rows for tag in (row_tag(name), all_rows(name[0]), any_row(name[0]))}
        for operation in (operation for program in self.programs for operation in program):
            if isinstance(operation.what, Query):
                tags.update(operation.what.known(ALL))
            elif operation.what is not None:
                tags.update(operation.what.tags(self.scenario.rows, ALL))
        for tag in sorted(tags):
            self.slots_of((tag,))
        return range(len(self._slots))

    def slots_of(self, tags: Iterable[str]) -> tuple[int, ...]:
        """Return each slot of some tags once, in order."""
        slots, collisions = self._slots, self.scenario.collisions
        return tuple(sorted({slots.setdefault(collisions.get(tag, tag), len(slots)) for tag in tags}))

    def queries(self, world: World) -> list[Query | None]:
        """Return what each actor reads now."""
        return [
            what if actor.op < len(program) and isinstance(what := program[actor.op].what, Query) else None
            for actor, program in zip(world.actors, self.programs, strict=True)
        ]

    def act(self, world: World, number: int) -> str | None:
        """Let one actor do its next step; return what it did, None if it has to wait or has nothing more to do."""
        actor = world.actors[number]
        if not 0 <= actor.op < len(self.programs[number]):
            return None
        turn = Turn(self, world, number)
        return STEPS[self.sequences[turn.operation.kind][actor.step]](turn)
