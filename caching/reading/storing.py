"""Whether a loaded value is stored, and with which stamp."""

from collections.abc import Collection, Iterable, Mapping
from itertools import chain
from math import inf

from django.db import router

from ..coherence.dirty import dirty_here, last_rollback
from ..coherence.tags import row_tags_of
from ..coherence.watched import labels_of, watched_labels
from ..keys import all_rows_tag, any_row_tag
from ..monitoring import stats
from ..stores.generations import GenerationStore, Stamp
from ..values.forms import Content
from .entries import Kind
from .leases import Lease
from .tiers import Entry


def store(
    kind: Kind,
    loaded: Mapping[str, tuple[Content, Lease]],
    ttl: float | None = None,
    *,
    fills: bool = False,
    is_poll: bool = True,
) -> Collection[str]:
    """Store values loaded under leases, except those with a dependency that has been written since.

    Return the keys whose values all processes can find now, in the shared tier.

    ``fills`` says that nobody has asked for them yet, so that they displace nothing that was read.
    ``is_poll`` says that the cache has loaded them, so that a difference from what was held before is drift.
    """
    runtime = kind.runtime
    generations, longest_life = runtime.generations, runtime.generations.longest_life
    if not runtime.is_serving or not kind.entries.is_current or dirty_here() or not longest_life:
        return ()
    ttl = kind.lifetime if ttl is None else ttl
    rows = {key: _row_tags(content) for key, (content, _) in loaded.items()}
    labels = watched_labels()
    # Read the guards last: they show every write published between the lease and the read of the row tags.
    tags = [*dict.fromkeys(chain.from_iterable(rows.values())), *map(any_row_tag, labels)]
    now = dict(zip(tags, generations.read(tags, afresh=True), strict=True))
    entries, aged, place = {}, {}, kind.place()
    if place is None:
        return ()
    for key, (content, lease) in loaded.items():
        stamp = _stamp(generations, content, lease, rows[key], now)
        concerned = lease.dependencies.labels.union(*map(labels_of, content.row_models))
        if (
            stamp is not None
            and lease.place == place
            and all(_unchanged(label, lease.guards, now) for label in concerned)
        ):
            # In an outage the value is as old as its lease: writes of others during the load are unknown here.
            deadline = min(runtime.clock() + ttl, lease.taken_at + longest_life)
            entries[key] = entry = Entry(content.value, stamp, deadline)
            aged[key] = entry if longest_life != inf else kind.aging(entry)
    put = kind.fill if fills else kind.put
    put(aged, stats.SET, place)
    if kind.polling is not None and longest_life == inf:
        for key, entry in entries.items():
            name, taken_at = f"{key}\n{place}", loaded[key][1].taken_at
            if is_poll:
                # What nobody has asked for is not watched: of a large import, digests would take half the time.
                kind.polling.loaded(kind, name, entry.value, entry.stamp, taken_at, begins=not fills)
            else:
                kind.polling.forget(name)
    if runtime.shared is None or not entries or generations.is_degraded:
        return ()
    is_taken = runtime.shared.set_entries(kind.entries.name, entries, ttl, (kind.declared_as, place))
    return entries.keys() if is_taken else ()


def _stamp(
    generations: GenerationStore,
    content: Content,
    lease: Lease,
    rows: Iterable[str],
    now: Mapping[str, int | None],
) -> Stamp | None:
    """Return the stamp of a loaded value: the tags known before the load, and those of the rows that it contains.

    Return None if the value must not be stored.
    """
    known = lease.known
    if known is None or lease.rollback != last_rollback():
        return None
    if any(database != router.db_for_write(model) for model, database in content.sources):
        return None
    learned = {tag: now[tag] for tag in rows if tag not in known.tags}
    selected_by: set[str] = set()
    if not lease.dependencies.covers:
        selected_by.update(label for model in content.row_models for label in labels_of(model))
    if lease.dependencies.absent and content.value is None:
        selected_by.add(lease.dependencies.absent)
    learned |= {any_row_tag(label): lease.guards.get(label) for label in selected_by}
    numbers = [number for number in learned.values() if number is not None]
    if len(numbers) < len(learned):
        return None
    return generations.restore(known.identity, (*known.tags, *learned), (*known.generations, *numbers))


def _row_tags(content: Content) -> list[str]:
    """Return the tags of the rows in a value, and the tags of all rows of their models."""
    rows = {tag for model, pk, _ in content.rows for tag in row_tags_of(model, pk)}
    rows.update(all_rows_tag(label) for model in content.row_models for label in labels_of(model))
    return sorted(rows)


def _unchanged(label: str, before: Mapping[str, int | None], now: Mapping[str, int | None]) -> bool:
    return before.get(label) is not None and before.get(label) == now[any_row_tag(label)]
