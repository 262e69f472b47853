"""A small model of the Redis store: a mirror in each process, pushes on their way, FLUSHALL, a cut network, an outbox.

One row, its tag and its guard; two processes. Process 0 reads and writes in two threads, process 1 reads or writes.
Every interleaving is visited. It is kept apart from the model of the protocol: what that one proves of intents is
taken for granted here, and what is between a server and the view that a process has of it is taken apart.

| model | code |
|---|---|
| ``ask``, ``receive`` | ``Mirror._ask``, ``_receive``, ``_on_push``; ``mixed`` is what one read of the socket holds |
| ``forget`` | ``Mirror.forget``, ``InProcessGenerations.forget`` |
| steps ``lease``, ``load``, ``recheck`` | ``manager.leases``, ``store`` |
| steps ``begin``, ``commit``, ``end`` | ``RedisGenerations._tell``, ``ConnectionWatcher.commit``, ``outbox.leave`` |
| steps of the keeper | ``RedisGenerations._look``, ``_trust``, ``_lost`` |
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import NamedTuple

ROW, GUARD = 0, 1
PENDING, MISSING, FLUSH = -1, -2, -1


@dataclass(frozen=True)
class Rules:
    """What the store keeps to, each as a switch.

    That a guard is read afresh is not among them: a learned tag is asked for on the same connection, so what was pushed
    before its answer is known by then. It is what makes the store right where nothing is tracked.
    """

    push_beats_reply: bool = True
    """Of a reply and a push that are read together, the push counts."""
    own_write_is_forgotten: bool = True
    """What this process writes it need not be told."""
    reply_after_own_write_is_dropped: bool = True
    """Who has asked before an own write does not remember the answer."""
    outbox_is_drained_before_trust: bool = True
    told_again_before_the_drain: bool = True
    """Who commits while the outbox is drained tells the server."""
    row_is_left_in_the_transaction: bool = True


RULES = tuple(field.name for field in fields(Rules))


class Reader(NamedTuple):
    """A read under way: its step, the guard and the stamp of its lease, what was loaded, what it may return."""

    reads: int
    step: str = "idle"
    guard: int = 0
    stamp: int = 0
    value: int = 0
    owed: int = 0


class Writer(NamedTuple):
    """A COMMIT under way, and whether the server knows of it."""

    writes: int
    step: str = "begin"
    told: bool = False
    version: int = 0
    """What it has committed last."""


class Process(NamedTuple):
    """The view of one process: its mirror while it is ``trusting``, else numbers of its own."""

    reader: Reader
    writer: Writer
    trusting: bool = True
    tells: bool = True
    known: tuple[int, int] = (MISSING, MISSING)
    queue: tuple[tuple[int, int], ...] = ()
    """What is on its way, in order: (tag or FLUSH, MISSING), or a reply to the question for a tag."""
    asked: int = MISSING
    """The tag that a reply is awaited for."""
    forgotten: bool = False
    """Whether an own write has been forgotten since the question was sent."""
    own: tuple[int, int] = (0, 0)
    """The numbers of the time of an outage."""
    entry: tuple[int, int, bool] | None = None
    """A cached version, its stamp, and whether that is the server's."""
    keeper: str = "idle"
    reachable: bool = True


class State(NamedTuple):
    processes: tuple[Process, ...]
    generations: tuple[int, int] = (1, 1)
    fresh: int = 2
    intents: frozenset[int] = frozenset()
    version: int = 0
    published: int = 0
    """The version that is owed to every read that begins now."""
    rows: tuple[int, ...] = ()
    """Versions whose invalidation lies in the outbox."""
    faults: tuple[str, ...] = ()


class Stale(Exception):
    """A read returned a version older than the one that was owed to it."""


def explore(start: State, rules: Rules | None = None) -> tuple[int, str]:
    """Visit every state; return how many there are, and the counterexample, if there is one."""
    rules = rules or Rules()
    seen, waiting = {start: None}, deque([start])
    trace: dict[State, tuple[State | None, str]] = {start: (None, "")}
    while waiting:
        state = waiting.popleft()
        try:
            for told, after in moves(state, rules):
                if after not in seen:
                    seen[after] = None
                    trace[after] = (state, told)
                    waiting.append(after)
        except Stale as stale:
            return len(seen), "\n".join([*_told(trace, state), str(stale)])
    return len(seen), ""


def _told(trace: dict[State, tuple[State | None, str]], state: State | None) -> list[str]:
    lines: list[str] = []
    while state is not None:
        state, line = trace[state]
        lines.insert(0, line)
    return lines[1:]


def moves(state: State, rules: Rules) -> Iterator[tuple[str, State]]:
    for number, process in enumerate(state.processes):
        yield from _reads(state, number, process, rules)
        yield from _writes(state, number, process, rules)
        yield from _keeps(state, number, process, rules)
        if process.queue and process.asked == MISSING:
            # The network delivers, and the process reads it before its next look.
            yield f"{number} gets a push", _put(state, number, _pushed(process, process.queue[0], rules, False))
    yield from _befalls(state)


def _put(state: State, number: int, process: Process, **changes: object) -> State:
    processes = list(state.processes)
    processes[number] = process
    return state._replace(processes=tuple(processes), **changes)  # type: ignore[arg-type]


# -- the server ------------------------------------------------------------------------------------------------------


def _changed(state: State, generations: tuple[int, int], *, flush: bool = False) -> State:
    """Change generations, and push that to everybody."""
    items = [(FLUSH, MISSING)] if flush else [(tag, MISSING) for tag in (ROW, GUARD)]
    processes = tuple(
        one._replace(queue=(*one.queue, *items)) if one.reachable and one.trusting else one for one in state.processes
    )
    return state._replace(generations=generations, processes=processes)


def _script_begin(state: State, number: int) -> State:
    return _changed(state._replace(intents=state.intents | {number}), (PENDING, PENDING))


def _script_end(state: State, number: int) -> State:
    intents = state.intents - {number}
    # The next reader would make them; here at once.
    made = (PENDING, PENDING) if intents else (state.fresh, state.fresh)
    return _changed(state._replace(intents=intents, fresh=state.fresh + 1), made)


# -- the mirror ------------------------------------------------------------------------------------------------------


def _pushed(process: Process, item: tuple[int, int], rules: Rules, awaited: bool) -> Process:
    """Take one thing off the queue: a push, or the reply that is awaited."""
    tag, generation = item
    known, queue = list(process.known), process.queue[1:]
    if awaited and generation != MISSING:
        if generation != PENDING and (not process.forgotten or not rules.reply_after_own_write_is_dropped):
            known[tag] = generation
        return process._replace(known=tuple(known), queue=queue)
    if tag != FLUSH:
        known[tag] = MISSING
    else:
        known = [MISSING, MISSING]
    return process._replace(known=tuple(known), queue=queue)


def _received(process: Process, rules: Rules) -> Iterator[tuple[int, Process]]:
    """Read the socket to the reply, and each number of pushes behind it that may have come with it."""
    reply = next(at for at, item in enumerate(process.queue) if item[1] != MISSING)
    generation = process.queue[reply][1]
    for behind in range(len(process.queue) - reply):
        after, mixed = process, process.queue[: reply + behind + 1]
        order = mixed if rules.push_beats_reply else (*mixed[:reply], *mixed[reply + 1 :], mixed[reply])
        after = after._replace(queue=(*order, *process.queue[len(mixed) :]))
        for item in order:
            after = _pushed(after, item, rules, True)
        yield generation, after._replace(asked=MISSING, forgotten=False)


def _forget(process: Process, fresh: int, rules: Rules) -> Process:
    if not rules.own_write_is_forgotten:
        return process
    if not process.trusting:
        return process._replace(own=(fresh, fresh))
    return process._replace(known=(MISSING, MISSING), forgotten=process.asked != MISSING)


# -- a read ----------------------------------------------------------------------------------------------------------


def _reads(state: State, number: int, process: Process, rules: Rules) -> Iterator[tuple[str, State]]:
    reader = process.reader
    if reader.step == "idle":
        if reader.reads:
            begun = reader._replace(step="find", reads=reader.reads - 1, owed=state.published)
            yield f"{number} reads", _put(state, number, process._replace(reader=begun))
    elif process.asked != MISSING:
        if not process.trusting:
            # The connection is gone: the read goes on without a lease.
            lost = process._replace(asked=MISSING, queue=(), reader=reader._replace(guard=MISSING, step="load"))
            yield f"{number} loses its connection", _put(state, number, lost)
        elif any(item[1] != MISSING for item in process.queue):
            for generation, after in _received(process, rules):
                yield f"{number} is answered {generation}", _went_on(state, number, after, generation)
    elif reader.step == "load":
        loaded = reader._replace(value=state.version, step="recheck" if reader.guard != MISSING else "serve")
        yield f"{number} loads {state.version}", _put(state, number, process._replace(reader=loaded))
    elif reader.step == "serve":
        yield f"{number} answers", _served(state, number, process, reader.value)
    else:
        yield f"{number} {reader.step}", _looked(state, number, process, rules)


def _looked(state: State, number: int, process: Process, rules: Rules) -> State:
    """Look a generation up, or ask for it."""
    reader = process.reader
    tag = ROW if reader.step in ("find", "stamp") else GUARD
    if reader.step == "find":
        entry = process.entry
        if entry is None or entry[2] != process.trusting:
            return _put(state, number, process._replace(reader=reader._replace(step="lease")))
    if not process.trusting:
        return _went_on(state, number, process, process.own[tag])
    afresh = reader.step == "recheck"
    if process.known[tag] != MISSING and not afresh:
        return _went_on(state, number, process, process.known[tag])
    if not process.reachable:
        return _put(state, number, _lost(process))
    question = process._replace(asked=tag, forgotten=False, queue=(*process.queue, (tag, _answer(state, tag))))
    return _put(state, number, question)


def _answer(state: State, tag: int) -> int:
    return state.generations[tag]


def _went_on(state: State, number: int, process: Process, generation: int) -> State:
    """Go on with the generation that was looked up."""
    reader, entry = process.reader, process.entry
    if reader.step == "find":
        if entry is not None and entry[1] == generation:
            return _served(state, number, process, entry[0])
        reader = reader._replace(step="lease")
    elif reader.step == "lease":
        reader = reader._replace(guard=MISSING if generation == PENDING else generation, step="stamp")
    elif reader.step == "stamp":
        none = generation == PENDING or reader.guard == MISSING
        reader = reader._replace(stamp=generation, guard=MISSING if none else reader.guard, step="load")
    else:
        if generation == reader.guard:
            process = process._replace(entry=(reader.value, reader.stamp, process.trusting))
        reader = reader._replace(step="serve")
    return _put(state, number, process._replace(reader=reader))


def _served(state: State, number: int, process: Process, value: int) -> State:
    # Excused: a push on its way between two hosts, and who cannot reach the server.
    heard = process.trusting and not process.queue
    writer = process.writer
    own = writer.version if writer.step == "over" else 0
    if value < process.reader.owed and (heard or value < min(own, process.reader.owed)):
        raise Stale(f"{number} answers {value}; owed was {process.reader.owed}")
    return _put(state, number, process._replace(reader=Reader(process.reader.reads)))


# -- a write ---------------------------------------------------------------------------------------------------------


def _writes(state: State, number: int, process: Process, rules: Rules) -> Iterator[tuple[str, State]]:
    writer = process.writer
    if writer.step == "begin" and writer.writes:
        told = process.tells and process.reachable
        after = _script_begin(state, number) if told else state
        one = after.processes[number] if told else (_lost(process) if process.tells else process)
        one = _forget(one, state.fresh, rules)._replace(writer=Writer(writer.writes - 1, "commit", told))
        yield f"{number} begins", _put(after, number, one, fresh=state.fresh + 1)
    elif writer.step == "commit":
        version = state.version + 1
        left = not writer.told and rules.row_is_left_in_the_transaction
        one = process._replace(writer=writer._replace(step="end", version=version))
        rows = (*state.rows, version) if left else state.rows
        yield f"{number} commits {version}", _put(state, number, one, version=version, rows=rows)
    elif writer.step == "end":
        told = process.tells and process.reachable
        after = _script_end(state, number) if told else state
        one = after.processes[number] if told else (_lost(process) if process.tells else process)
        one = _forget(one, after.fresh, rules)._replace(writer=writer._replace(step="over"))
        rows = after.rows
        if writer.told and not told:
            rows = (*rows, state.version)
        yield f"{number} ends", _put(after, number, one, fresh=after.fresh + 1, published=state.version, rows=rows)


# -- outages ---------------------------------------------------------------------------------------------------------


def _lost(process: Process) -> Process:
    numbers = process.own[0] - 100, process.own[1] - 100
    return process._replace(trusting=False, tells=False, known=(MISSING, MISSING), queue=(), own=numbers)


def _keeps(state: State, number: int, process: Process, rules: Rules) -> Iterator[tuple[str, State]]:
    """The keeper: probe, tell again, drain, trust; while it trusts, look at the outbox now and then."""
    if not process.reachable:
        return
    if process.trusting:
        if state.rows:
            yield f"{number} drains", _drained(state, number, rules)
        return
    if process.keeper == "idle":
        probed = process._replace(keeper="drain", tells=rules.told_again_before_the_drain)
        yield f"{number} tells again", _put(state, number, probed)
    elif process.keeper == "drain":
        after = _drained(state, number, rules) if rules.outbox_is_drained_before_trust else state
        yield f"{number} drains", _put(after, number, after.processes[number]._replace(keeper="trust"))
    elif not process.tells and rules.told_again_before_the_drain:
        yield f"{number} looks again", _put(state, number, process._replace(keeper="idle"))
    else:
        one = process._replace(keeper="idle", trusting=True, tells=True, known=(MISSING, MISSING), queue=())
        yield f"{number} trusts", _put(state, number, one)


def _drained(state: State, number: int, rules: Rules) -> State:
    if not state.rows:
        return state
    after = _script_end(state, -1)
    one = _forget(after.processes[number], after.fresh, rules)
    return _put(after, number, one, rows=(), fresh=after.fresh + 1)


def _befalls(state: State) -> Iterator[tuple[str, State]]:
    if not state.faults:
        return
    fault, left = state.faults[0], state.faults[1:]
    if fault == "flush":
        yield (
            "FLUSHALL",
            _changed(
                state._replace(intents=frozenset(), faults=left, fresh=state.fresh + 1),
                (state.fresh, state.fresh),
                flush=True,
            ),
        )
    else:
        # A connection that was closed is seen by the look before anything is served.
        one = _lost(state.processes[0])._replace(keeper="idle") if fault == "cut" else state.processes[0]
        one = one._replace(reachable=fault == "mend")
        yield fault, _put(state, 0, one, faults=left)


# -- scenarios -------------------------------------------------------------------------------------------------------


def process(*, reads: int = 0, writes: int = 0) -> Process:
    return Process(Reader(reads), Writer(writes))


FROM_THE_SHARED_TIER = (0, 1, True)
SCENARIOS = {
    "pushes on their way": State((process(reads=3), process(writes=1))),
    "from the shared tier": State((process(reads=2)._replace(entry=FROM_THE_SHARED_TIER), process(writes=1))),
    "own writes": State((process(reads=2, writes=1)._replace(entry=FROM_THE_SHARED_TIER), process())),
    "two writers": State((process(reads=1, writes=1), process(writes=1))),
    "FLUSHALL": State((process(reads=2)._replace(entry=FROM_THE_SHARED_TIER), process(writes=1)), faults=("flush",)),
    "a cut network": State(
        (process(reads=2, writes=1)._replace(entry=FROM_THE_SHARED_TIER), process()), faults=("cut", "mend")
    ),
    "a cut network, another one writes": State((process(reads=2), process(writes=1)), faults=("cut", "mend")),
}


FOUND = {
    "push_beats_reply": "from the shared tier",
    "own_write_is_forgotten": "own writes",
    "reply_after_own_write_is_dropped": "own writes",
    "outbox_is_drained_before_trust": "a cut network",
    "told_again_before_the_drain": "a cut network",
    "row_is_left_in_the_transaction": "a cut network",
}
"""Rule -> scenario that has a counterexample without it."""


def without(rule: str) -> Rules:
    return replace(Rules(), **{rule: False})
