"""Breadth-first search over every state that a scenario can reach; the first counterexample is a shortest one."""

import marshal
import math
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b

from . import reading, writing  # noqa: F401 (reading.py enters its steps when it is imported)
from .protocol import Model, Turn
from .rules import ALL, Rules
from .vocabulary import READ, Operation, Performer, Scenario
from .world import Actor, Frozen, Violation, World

Move = tuple[str, int, int]
"""What happens next: its kind, and to whom."""


@dataclass
class Result:
    """How many states and transitions were visited, and the counterexample if there is one."""

    scenario: Scenario
    rules: Rules
    states: int = 0
    transitions: int = 0
    complete: bool = True
    """Whether the search has seen everything, or stopped at a counterexample or because the time was over."""
    violation: str = ""
    trace: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        covered = f"{self.states:,} states, {self.transitions:,} transitions"
        if self.violation:
            steps = "\n".join(f"  {number:2}. {line}" for number, line in enumerate(self.trace, 1))
            return f"{self.scenario.name}: a counterexample after {covered}\n{steps}\n      {self.violation}"
        return f"{self.scenario.name}: {covered}, no counterexample" + ("" if self.complete else " SO FAR")


def explore(scenario: Scenario, rules: Rules = ALL, *, seconds: float = math.inf) -> Result:
    """Visit every state of a scenario, for at most so many seconds; stop at the first counterexample."""
    until = time.monotonic() + seconds
    model, result = Model(scenario, rules), Result(scenario, rules)
    start = model.start().freeze(model)
    # 128 bits of BLAKE2 stand for a state that was seen: two of ten million are the same with p < 10**-24.
    seen = {_digest(start)}
    came_from: list[tuple[int, Move]] = [(-1, ("", 0, 0))]
    waiting = deque([(0, start)])
    while waiting:
        number, state = waiting.popleft()
        result.states += 1
        moved, move = False, ("the end", 0, 0)
        try:
            for move in _moves(model, state):
                world = World.thaw(state)
                if _do(model, world, move) is None:
                    continue
                result.transitions += 1
                moved = True
                after = world.freeze(model)
                digest = _digest(after)
                if digest not in seen:
                    seen.add(digest)
                    came_from.append((number, move))
                    waiting.append((len(came_from) - 1, after))
            move = ("the end", 0, 0)
            if not moved:
                _settle(model, World.thaw(state))
        except Violation as violation:
            result.violation, result.complete = str(violation), False
            result.trace = _retell(model, start, _path(came_from, number, move))
            return result
        if result.states % 1000 == 0 and time.monotonic() >= until:
            result.complete = False
            return result
    return result


def _digest(state: Frozen) -> bytes:
    return blake2b(marshal.dumps(state, 2), digest_size=16).digest()


# -- what may happen next ---------------------------------------------------------------------------------------------


def _moves(model: Model, state: Frozen) -> Iterator[Move]:
    """Yield what may happen in a state; some of it may turn out to have to wait."""
    scenario, world = model.scenario, World.thaw(state)
    for number, actor in enumerate(world.actors):
        if 0 <= actor.op < len(model.programs[number]):
            yield ("act", number, 0)
            if scenario.lost:
                yield ("lose the answer", number, 0)
            if world.kills:
                yield from (("kill", number, 0), ("kill after sending", number, 0))
    for index in range(len(world.in_flight)):
        yield from (("land", index, 0), ("lose", index, 0))
    if scenario.expiry and world.deadlines and model.rules.intents_expire:
        yield ("expire", 0, 0)
    if scenario.evictions:
        yield from (("evict", process, key) for process, cache in enumerate(world.caches) for key in sorted(cache))
    if scenario.replaced and len(world.files) == 1:
        yield ("replace", 0, 0)
    yield from (("look", process, 0) for process, file in enumerate(world.mapped) if file != len(world.files) - 1)


def _do(model: Model, world: World, move: Move) -> str | None:
    """Let something happen; return it in words, None if it cannot happen now."""
    kind, index, other = move
    if kind == "act":
        told = model.act(world, index)
    elif kind == "kill":
        told = writing.abandon(Turn(model, world, index), sent=False, killed=True)
    elif kind == "kill after sending":
        told = writing.abandon(Turn(model, world, index), sent=True, killed=True)
    elif kind == "lose the answer":
        told = writing.abandon(Turn(model, world, index), sent=True, killed=False)
    elif kind in ("land", "lose"):
        index = world.in_flight[index].owner - writing.ABANDONED
        told = getattr(writing, kind)(Turn(model, world, index), move[1])
    else:
        return _befall(world, kind, index, other)
    return told and f"{model.scenario.actors[index].name:9} {told}"


def _befall(world: World, kind: str, process: int, key: int) -> str:
    if kind == "expire":
        world.every_deadline(lambda deadline: max(deadline - 1, 0))
        return "time      the oldest intent is past its deadline"
    if kind == "evict":
        del world.caches[process][key]
        return f"process {process} evicts an entry"
    if kind == "replace":
        world.files.append([slot._replace(generation=world.fresh(), pending=False, live=0, deadline=0)
                            for slot in world.files[0]])  # fmt: skip
        return "somebody  replaces the file of generations"
    world.mapped[process] = len(world.files) - 1
    return f"process {process} looks at the path, and maps the new file"


# -- the end ----------------------------------------------------------------------------------------------------------


def _settle(model: Model, world: World) -> None:
    """When nothing can happen any more: everybody must have finished, and a new process must be able to cache."""
    for number, actor in enumerate(world.actors):
        if 0 <= actor.op < len(model.programs[number]):
            raise Violation(f"{model.scenario.actors[number].name} waits for ever")
    if model.rules.intents_expire:
        world.every_deadline(lambda deadline: 0)
    for query in model.scenario.queries:
        program = (Operation(READ, query), Operation(READ, query))
        auditor = Model(_alone(model.scenario, program), model.rules)
        auditor._slots = model._slots
        world.actors, world.caches, world.mapped = [Actor()], [{}], [len(world.files) - 1]
        told = ""
        while world.actors[0].op < 2:
            told = auditor.act(world, 0) or ""
        if not told.startswith("hit"):
            raise Violation(f"all is over and all intents have expired, and still nothing is stored for {query}")


def _alone(scenario: Scenario, program: tuple[Operation, ...]) -> Scenario:
    return Scenario("auditor", "", scenario.rows, (Performer("auditor", 0, program),), scenario.collisions)


# -- counterexamples --------------------------------------------------------------------------------------------------


def _path(came_from: list[tuple[int, Move]], number: int, last: Move) -> list[Move]:
    moves = [last]
    while number > 0:
        number, move = came_from[number]
        moves.append(move)
    return moves[::-1]


def _retell(model: Model, state: Frozen, moves: list[Move]) -> list[str]:
    """Return what happened, a line for each move but the one that broke the promise."""
    told = []
    for move in moves[:-1]:
        world = World.thaw(state)
        told.append(_do(model, world, move) or "")
        state = world.freeze(model)
    kind, index, _ = moves[-1]
    return [*told, f"{model.scenario.actors[index].name:9} …" if kind == "act" else kind]
