"""The steps of a read: find, or load and store under what was read before."""

from . import store
from .database import Answer, changed
from .protocol import PENDING, Turn, step
from .vocabulary import READ
from .world import Actor, Entry, Stamp, Violation


@step
def find(turn: Turn) -> str | None:
    """Serve the entry of the cache if its stamp holds."""
    actor, rules, query = turn.actor, turn.model.rules, turn.query
    if actor.waiting == "for another's load":
        if _leader(turn) is not None:
            return None
        actor.waiting = "waited"
        if not rules.joiner_checks and actor.value is not None:
            return _serve(turn, actor.value, "takes what the other one has loaded")
    cache, key = turn.world.caches[turn.process], turn.model.scenario.number_of(query)
    entry = Entry(actor.value, actor.stamp) if actor.partial and actor.value is not None else cache.get(key)
    if entry is not None and not (rules.dirty_reads_database and _is_dirty(turn, entry.value)):
        if turn.model.scenario.torn:
            turn.wait()
            actor.value, actor.stamp = entry
        read = turn.read(tuple([slot for slot, _ in entry.stamp]))
        if read is None and actor.partial == entry.stamp[: len(actor.partial)]:
            return f"compares the stamp of {query}"
        if read == entry.stamp or not rules.check_on_every_read:
            return _serve(turn, entry.value, "hit")
        actor.value, actor.stamp, actor.partial = None, (), ()
        cache.pop(key, None)
    return _miss(turn)


def _miss(turn: Turn) -> str:
    actor, rules = turn.actor, turn.model.rules
    bypass = (actor.dirty and rules.dirty_stores_nothing) or (actor.snapshot and rules.snapshot_is_not_stored)
    if not bypass and not actor.waiting and not actor.dirty and _leader(turn) is not None:
        turn.wait()
        actor.waiting = "for another's load"
        return f"misses {turn.query} and waits for another thread's load"
    if bypass and turn.operation.kind == READ:
        # Nothing will be stored, so nothing needs to be read before.
        turn.actor.guards = None
        turn.actor.step = turn.model.sequences[READ].index("load")
        return f"misses {turn.query} and will store nothing"
    turn.next()
    return f"misses {turn.query}"


def _leader(turn: Turn) -> Actor | None:
    """Return the actor of the same process that is loading the same answer."""
    if turn.process not in turn.model.shared or turn.operation.kind != READ:
        return None
    for number, other in enumerate(turn.world.actors):
        same = number != turn.number and turn.model.processes[number] == turn.process
        if same and other.step and turn.model.programs[number][other.op] == turn.operation:
            return other
    return None


def _is_dirty(turn: Turn, value: Answer) -> bool:
    tags = (*turn.query.known(turn.model.rules), *turn.query.learned(value, turn.model.rules))
    return not set(tags).isdisjoint(turn.actor.dirty)


def _serve(turn: Turn, value: Answer, how: str) -> str:
    """Return an answer that this read has not loaded: the moment at which the promise is kept or broken."""
    actor, world, query = turn.actor, turn.world, turn.query
    allowed = world.allowed(query, actor) if actor.allowed is None else actor.allowed
    if value not in allowed and turn.slots is world.files[-1]:
        raise Violation(f"{how}: {query} = {_told(value)}, which is stale; now it is {_told(allowed[-1])}")
    turn.finish()
    return f"{how}: {query} = {_told(value)}"


def _told(answer: Answer) -> str:
    return ", ".join(f"{name} (by={by}, version={version})" for name, by, version in answer) or "nothing"


@step
def guards(turn: Turn) -> str | None:
    """Read the guards before the load."""
    at = turn.model.slots_of(turn.query.guards())
    if turn.model.rules.guards_expire and not _clear_expired(turn, at):
        return None
    read = turn.read(at)
    if read is not None:
        turn.actor.guards = read if all(generation != PENDING for _, generation in read) else None
        turn.next()
    return f"reads the guards of {turn.query}" + (" (under an intent)" if read and not turn.actor.guards else "")


def _clear_expired(turn: Turn, at: tuple[int, ...]) -> bool:
    """Clear expired intents away, under the lock; return whether it was free."""
    if turn.world.lock != -1 and any(turn.slots[slot].pending for slot in at):
        return False
    store.expire(turn.slots, at, turn.world.fresh, turn.model.rules)
    return True


@step
def known(turn: Turn) -> str | None:
    """Read the known tags before the load."""
    at = turn.model.slots_of(turn.query.known(turn.model.rules))
    if not _clear_expired(turn, at):
        return None
    read = turn.read(at)
    if read is not None:
        _keep(turn, read)
        turn.next()
    return f"reads the known tags of {turn.query}" + (" (under an intent)" if read and not turn.actor.guards else "")


def _keep(turn: Turn, read: Stamp) -> None:
    """Put what was read into the stamp; under an intent nothing will be stored."""
    actor = turn.actor
    actor.stamp = tuple(sorted({*actor.stamp, *read})) if actor.guards is not None else ()
    if any(generation == PENDING for _, generation in read):
        actor.guards, actor.stamp = None, ()


@step
def load(turn: Turn) -> str:
    """Ask the database: what is committed now, or was in the snapshot, under what the transaction has written."""
    actor, query = turn.actor, turn.query
    committed = turn.world.rows if actor.snapshot is None else actor.snapshot
    actor.value = query.answer(changed(committed, dict(actor.overlay)))
    actor.uncommitted = actor.value != query.answer(committed)
    told = f"loads {query}: {_told(actor.value)}"
    if actor.guards is None and turn.model.rules.stamp_before_load:
        return _give_up(turn, told)
    turn.next()
    return told


def _give_up(turn: Turn, told: str) -> str:
    """Return what was loaded without storing it."""
    for actor in turn.world.actors:
        if actor.waiting == "for another's load" and not turn.model.rules.joiner_checks:
            actor.value = turn.actor.value
    turn.finish()
    return told


@step
def learn(turn: Turn) -> str | None:
    """Read the tags that only the value has told."""
    actor = turn.actor
    assert actor.value is not None
    at = turn.model.slots_of(turn.query.learned(actor.value, turn.model.rules))
    if actor.guards is not None and not _clear_expired(turn, at):
        return None
    read = turn.read(at) if at and actor.guards is not None else ()
    if read is not None:
        _keep(turn, read)
        turn.next()
    if actor.guards is None:
        return _give_up(turn, f"reads the tags of the rows in {turn.query} and stores nothing")
    return f"reads the tags of the rows in {turn.query}"


@step
def recheck(turn: Turn) -> str:
    """Read the guards again: they must be what they were before the load."""
    actor = turn.actor
    if actor.guards is not None and turn.model.rules.guards_read_again:
        read = turn.read(tuple([slot for slot, _ in actor.guards]))
        if read is None:
            return f"reads the guards of {turn.query} again"
        if read != actor.guards:
            return _give_up(turn, f"reads the guards of {turn.query} again and stores nothing: they have changed")
        actor.guards = ()
    turn.next()
    last = turn.model.sequences[turn.operation.kind][turn.actor.step] == "put"
    if last and turn.process not in turn.model.shared:
        # Nobody else looks into the cache of this process.
        return put(turn) or ""
    return f"reads the guards of {turn.query} again: as before"


@step
def put(turn: Turn) -> str:
    """Store what was loaded."""
    actor, query = turn.actor, turn.query
    assert actor.value is not None
    if actor.guards is None:
        return _give_up(turn, f"stores nothing of {query}")
    if actor.uncommitted:
        raise Violation(f"stores {query} = {_told(actor.value)}, which is not committed")
    turn.world.caches[turn.process][turn.model.scenario.number_of(query)] = Entry(actor.value, actor.stamp)
    return _give_up(turn, f"stores {query} = {_told(actor.value)}")
