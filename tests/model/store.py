"""The store of generations: slots, as in shared_memory.py. Deadlines are ranks; one that has passed is 0.

Every function is atomic here. Where the real one is not (a reader takes no lock), the scenario ``torn`` calls it for
one slot at a time.
"""

from collections.abc import Callable, Iterable, MutableSequence
from typing import NamedTuple

from .rules import Rules


class Slot(NamedTuple):
    """A generation; whether it is marked as pending; how many intents are live, and until when the last one is."""

    generation: int
    pending: bool = False
    live: int = 0
    deadline: int = 0


Slots = MutableSequence[Slot]
Fresh = Callable[[], int]


def begin(slots: Slots, at: Iterable[int], deadline: int, fresh: Fresh, rules: Rules) -> None:
    """Put an intent on some slots."""
    for index in at:
        slot = slots[index]
        live = slot.live + 1 if slot.deadline else 1
        generation = fresh() if rules.begin_gives_fresh else slot.generation
        slots[index] = Slot(generation, rules.intent_is_marked, live, deadline)


def end(slots: Slots, at: Iterable[int], deadline: int, fresh: Fresh, rules: Rules) -> None:
    """Take the intent with a deadline away from some slots; 0 if that has passed or the intent is another store's."""
    ours = 1 if deadline or not rules.end_past_deadline_lowers_nothing else 0
    for index in at:
        slot = slots[index]
        live = slot.live - ours if slot.deadline and rules.end_removes_only_its_own else 0
        generation = fresh() if rules.end_gives_fresh else slot.generation
        if not rules.generations_never_return:
            generation = -1 - index
        # The code leaves the deadline of a slot that is no longer pending; nobody looks at it.
        slots[index] = Slot(generation, True, live, slot.deadline) if live > 0 else Slot(generation)


def publish(slots: Slots, at: Iterable[int], fresh: Fresh) -> None:
    """Give some slots a fresh generation at once."""
    for index in at:
        slots[index] = slots[index]._replace(generation=fresh())


def expire(slots: Slots, at: Iterable[int], fresh: Fresh, rules: Rules) -> bool:
    """Take the pending mark off slots whose intents are all past their deadline; return whether there were any."""
    expired = [index for index in at if slots[index].pending and not slots[index].deadline]
    for index in expired:
        slots[index] = Slot(fresh() if rules.expired_gives_fresh else slots[index].generation)
    return bool(expired)
