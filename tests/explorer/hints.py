"""Where to look for a mutation first: it saves time, and nothing depends on it.

A mutation that is not found there is looked for everywhere. One without a hint is found at once without preemptions.
"""

HINTS: dict[str, tuple[int, int | None]] = {
    "rule 1: the stamp is read after the load": (1, 1),
    "rule 1: the guards are not checked after the load": (1, 3),
    "rule 1: the guards are checked before the learned tags are read": (1, None),
    "rule 2: who waited for another thread's load trusts it": (1, 0),
    "rule 4: published after COMMIT only, without an intent": (1, 0),
    "rule 5: begin and expiry give no fresh generation": (1, 0),
    "rule 5: end takes every intent away": (1, 1),
    "rule 5: end takes an intent away after its own deadline": (1, None),
    "rule 5: a deadline is rounded in two ways": (1, None),
    "rule 8: what a snapshot shows is stored": (0, 0),
    "refresh: the stamp of a renewal is read after its load": (1, 0),
    "refill: the stamp of a refill is read after its load": (1, 0),
    "herd: who waited for another process trusts what it has stored": (1, 0),
    "epoch: the new one begins before the generations are written": (2, 1),
    "epoch: a reader reads it after the generations": (2, 1),
    "epoch: a reader remembers that a writer is at work": (2, 1),
    "leases: set() takes the moment of the call": (1, None),
    "redis: what is missing is made later than the guards are read": (1, 0),
    "redis: the mirror is used under an intent": (0, 0),
    "redis: a generation is made without a look at the live intents": (1, 4),
    "redis: end deletes the mark while another intent lives, and who makes a generation does not look": (1, 0),
    "redis: begin leaves no mark": (1, 0),
    "redis: an own write does not tell the view of an outage": (1, 3),
    "redis: the server is trusted before the outbox is drained": (0, 2),
    "redis: the connection is younger than the look at the outbox": (1, 1),
    "redis: a write in an outage leaves nothing in the outbox": (0, 2),
}
"""Mutation -> the bound of preemptions, and the seed that says in which order the schedules come."""

FOUND_LATE = frozenset({"redis: who commits while the outbox is drained tells nobody"})
"""Mutations that are planted by ``make prove`` alone: the search takes a minute."""
