"""After a write, its process loads the row anew for all processes, if the settings ask for that (``REFILL``).

The row is loaded by another thread, after the write has been published, and stored by the rules of any load: what
another writer changes in between is not stored. Until it is stored, the lease of its key keeps the other processes
waiting for it instead of asking the database, each by itself.
"""

from collections.abc import Iterable
from functools import partial
from typing import Any

from ..coherence.tags import selection_tag
from ..coherence.watched import labels_of
from ..keys import row_tag, value_tag
from ..monitoring import stats
from .herd import Turn
from .loading import load_now
from .places import declared_lookups
from .runtime import Runtime

MAX_KEYS = 16
"""The most answers of one look-up that one publication refills. A larger write is an import, whose rows few read."""


def refill(runtime: Runtime, type_name: str, tags: Iterable[str]) -> None:
    """Let another thread load the answers of a type's look-ups that the published tags name.

    The caller's transaction has ended for the database, but not yet for Django: this thread asks no query.
    """
    tier = runtime.shared
    if tier is None or tier.is_open or runtime.generations.is_degraded:
        return
    for lookup in declared_lookups(type_name).values():
        wanted = _written(lookup, tags)
        if wanted and not lookup.kind.is_placed:
            turn = Turn(lookup.kind, list(wanted))
            turn.take_for_another()
            if not runtime.background.submit(("refill", *wanted), partial(_refill, lookup, wanted, turn)):
                turn.release()


def _refill(lookup: Any, wanted: dict[str, Any], turn: Turn) -> None:
    with turn.adopted():
        dependencies = {key: lookup.dependencies(value) for key, value in wanted.items()}
        _, stored = load_now(lookup.kind, dependencies, lambda keys: lookup._answers(wanted), counts=False)
        turn.stored.update(stored)
    lookup.kind.count(stats.REFILLED, len(stored))


def _written(lookup: Any, tags: Iterable[str]) -> dict[str, Any]:
    """Return the values that the tags name, by key; none if there are too many."""
    label, field = labels_of(lookup.model)[0], lookup.field
    start = row_tag(label, "") if field.primary_key else value_tag(label, field.attname, "")
    named = [tag for tag in tags if tag.startswith(start)]
    if not named or len(named) > MAX_KEYS:
        return {}
    values = ((tag, lookup.value_of(lookup.key(tag.removeprefix(start)))) for tag in named)
    return {
        lookup.key(value): value
        for tag, value in values
        # Only where it is certain which value the tag means.
        if value is not None and selection_tag(lookup.model, field.name, value) == tag
    }
