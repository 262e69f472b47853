"""When the renewal of an entry is due: shortly before it expires, at a moment of its own."""

import random

from .tiers import Entry

RENEWED_WITHIN = 0.8, 0.9
"""After which shares of its life an entry is renewed if it is read."""


def aging(entry: Entry, now: float) -> Entry:
    """Return the entry with such a moment. Entries that were loaded together are not renewed together."""
    left = entry.deadline - now
    if left <= 0:
        return entry
    return Entry(entry.value, entry.stamp, now + left * random.uniform(*RENEWED_WITHIN), entry.deadline)


def expires_at(entry: Entry) -> float:
    """Return when an entry expires, whether it is to be renewed before or not."""
    return max(entry.deadline, entry.expires_at)
