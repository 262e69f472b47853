"""The steps of a write: statement, begin, COMMIT, end; and what may befall a writer."""

from . import store
from .database import Statement, changed
from .protocol import Turn, step
from .vocabulary import AUTOCOMMIT
from .world import InFlight, Intent, Writes

ABANDONED = 100
"""Added to the number of a writer, for what it has given up."""


@step
def take_snapshot(turn: Turn) -> str:
    """Begin a transaction whose reads all see the state of this moment."""
    turn.actor.snapshot = turn.world.rows
    turn.finish()
    return "begins a transaction that reads from a snapshot"


@step
def statement(turn: Turn) -> str | None:
    """Run a statement in the open transaction; its tags are dirty first. Waits for the locks of others."""
    if not _write(turn):
        return None
    told = f"writes in its transaction: {turn.statement}"
    turn.finish()
    return told


def _write(turn: Turn) -> bool:
    """Add a statement to what the transaction has written, unless somebody else holds one of its rows."""
    actor = turn.actor
    writes = turn.statement.writes(changed(turn.world.rows, dict(actor.overlay)))
    if not is_free(turn, turn.statement, set(writes)):
        return False
    _mark(turn)
    actor.overlay = tuple(sorted({**dict(actor.overlay), **writes}.items()))
    return True


def is_free(turn: Turn, what: Statement, rows: set[str]) -> bool:
    """Whether nobody else has written one of the rows in an open transaction; for a bulk write, any row."""
    others = [actor.overlay for number, actor in enumerate(turn.world.actors) if number != turn.number]
    locked = {name for overlay in (*others, *(one.writes for one in turn.world.in_flight)) for name, _ in overlay}
    return not (locked if what.verb == "bulk" else locked & rows)


def _mark(turn: Turn) -> None:
    """Make the tags of a statement dirty."""
    tags = turn.statement.tags(turn.world.rows, turn.model.rules)
    turn.actor.dirty = tuple(sorted({*turn.actor.dirty, *tags}))


def _look(turn: Turn) -> None:
    """Map the file that is at the path now."""
    if turn.model.rules.publish_where_readers_look:
        turn.world.mapped[turn.process] = len(turn.world.files) - 1


def _each(turn: Turn, at: tuple[int, ...]) -> tuple[tuple[int, ...], bool] | None:
    """Return which slots this step changes and whether they are the last; None if another one holds the lock.

    The slots of one phase are written under the lock one after another, and read by anybody between.
    """
    world, actor = turn.world, turn.actor
    if not turn.model.scenario.torn:
        return at, True
    if world.lock not in (-1, turn.number):
        return None
    now = len(actor.peeked)
    actor.peeked += (0,)
    last = now == len(at) - 1
    world.lock = -1 if last else turn.number
    if last:
        actor.peeked = ()
    order = at if turn.model.scenario.torn == "forward" else at[::-1]
    return order[now : now + 1], last


@step
def peek(turn: Turn) -> str:
    """Read the counts that begin will write: a step of its own only where begin and end are not atomic."""
    if turn.operation.kind == AUTOCOMMIT:
        _mark(turn)
    turn.actor.peeked = tuple([turn.slots[slot].live for slot in turn.model.slots_of(turn.actor.dirty)])
    turn.next()
    return "reads the counts of live intents"


@step
def select(turn: Turn) -> str:
    """Ask the database which rows the statement will hit: a step that only a broken rule takes."""
    _mark(turn)
    turn.next()
    return f"asks which rows to publish: {', '.join(turn.actor.dirty)}"


@step
def begin(turn: Turn) -> str | None:
    """Put an intent on all dirty tags."""
    actor, world = turn.actor, turn.world
    if turn.operation.kind == AUTOCOMMIT and not actor.dirty:
        _mark(turn)
    at = turn.model.slots_of(actor.dirty)
    if (part := _each(turn, at)) is None:
        return None
    _look(turn)
    if actor.intent is None:
        actor.intent = Intent(world.new_deadline(), world.mapped[turn.process], at)
    slots, last = part
    store.begin(turn.slots, slots, actor.intent.deadline, world.fresh, turn.model.rules)
    for slot, live in zip(slots, actor.peeked if not turn.model.rules.begin_and_end_are_atomic else (), strict=False):
        turn.slots[slot] = turn.slots[slot]._replace(live=live + 1)
    told = f"begin{'' if last else ' (one slot of several)'}: an intent on {', '.join(actor.dirty)}"
    if last:
        turn.next()
    return told


@step
def commit(turn: Turn) -> str | None:
    """COMMIT. One whose intent has expired is refused: the timeouts of the database are shorter. Unless it is late."""
    actor = turn.actor
    if actor.intent is not None and not actor.intent.deadline and not turn.model.scenario.late:
        turn.finish_transaction()
        return "COMMIT is refused: it has timed out"
    landed = _land(turn, turn.number, actor.overlay, actor.intent)
    actor.overlay, actor.snapshot = (), None
    turn.next_of_write()
    return f"COMMIT{landed}"


@step
def apply(turn: Turn) -> str | None:
    """Run a statement that is its own COMMIT."""
    what = turn.statement
    if not _write(turn):
        return None
    return f"{what}: {commit(turn)}"


def _land(turn: Turn, owner: int, writes: Writes, intent: Intent | None) -> str:
    """Make something visible to all. Under a live intent it is published at once: nobody serves what was before."""
    world = turn.world
    in_time = intent is not None and intent.deadline > 0 and intent.file == len(world.files) - 1
    world.land(writes, -1 if in_time else owner, turn.model.queries(world))
    return "" if in_time else " (not under a live intent)"


@step
def end(turn: Turn) -> str | None:
    """Take the intent away; from now on everybody sees the new state, whatever has befallen the intent."""
    actor, world = turn.actor, turn.world
    assert actor.intent is not None
    if (part := _each(turn, actor.intent.slots)) is None:
        return None
    _look(turn)
    slots, last = part
    deadline = actor.intent.deadline if actor.intent.file == world.mapped[turn.process] else 0
    store.end(turn.slots, slots, deadline, world.fresh, turn.model.rules)
    if last:
        turn.next_of_write()
    return f"end{'' if last else ' (one slot of several)'}: a fresh generation"


@step
def publish(turn: Turn) -> str:
    """Give all tags a fresh generation, without an intent."""
    _look(turn)
    store.publish(turn.slots, turn.model.slots_of(turn.actor.dirty), turn.world.fresh)
    turn.next_of_write()
    return "publishes a fresh generation"


@step
def rollback(turn: Turn) -> str:
    """ROLLBACK: nothing has to be undone."""
    turn.finish_transaction()
    return "ROLLBACK"


# -- what may befall a writer -----------------------------------------------------------------------------------------


def abandon(turn: Turn, *, sent: bool, killed: bool) -> str | None:
    """Kill a writer, or let it lose the answer of its COMMIT; what was ``sent`` may land later."""
    actor, world = turn.actor, turn.world
    doing = turn.model.sequences[turn.operation.kind][actor.step]
    if sent:
        if doing not in ("commit", "apply") or actor.intent is None or (doing == "apply" and not _write(turn)):
            return None
        world.in_flight.append(InFlight(ABANDONED + turn.number, actor.overlay, actor.intent))
        actor.overlay = ()
    elif not killed or not (actor.dirty or actor.intent):
        return None
    if not killed and not turn.model.rules.failed_commit_is_left_to_expire:
        turn.next()
        return "loses the answer of its COMMIT"
    if world.lock == turn.number:
        world.lock = -1
    publishes = not turn.model.scenario.excused
    turn.finish_transaction(published=publishes)
    if killed:
        world.kills -= 1
        actor.op = -1
        return "is KILLED" + (" with its COMMIT on the way" if sent else "")
    return "loses the answer of its COMMIT"


def land(turn: Turn, index: int) -> str | None:
    """A COMMIT on the way arrives at the database."""
    owner, writes, intent = turn.world.in_flight.pop(index)
    if not intent.deadline and not turn.model.scenario.late:
        return None
    landed = _land(turn, owner, writes, intent)
    if landed and not turn.model.scenario.excused:
        # Its writer will never end it: the promise is that it is seen once the intent has expired.
        turn.world.publish(owner)
    return f"COMMIT lands, whose writer does not wait for it any more{landed}"


def lose(turn: Turn, index: int) -> str:
    """A COMMIT on the way never arrives."""
    turn.world.in_flight.pop(index)
    return "COMMIT on the way is lost"
