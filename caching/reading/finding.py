"""What both tiers hold for some keys and may be served now."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from ..monitoring import stats
from .entries import Kind
from .tiers import Entry


def find_many(kinds: Mapping[str, Kind]) -> dict[str, Entry]:
    """Return the entries of one type that may be served now, by key, from both tiers; count hits."""
    by_kind: defaultdict[Kind, list[str]] = defaultdict(list)
    for key, kind in kinds.items():
        by_kind[kind].append(key)
    found: dict[str, Entry] = {}
    for kind, own in by_kind.items():
        found |= kind.find_many(own)
    return found | find_shared({key: kind for key, kind in kinds.items() if key not in found})


def find_shared(
    kinds: Mapping[str, Kind],
    contents: Mapping[str, bytes] | None = None,
    *,
    counter: int | None = stats.HIT_SHARED,
    fills: bool = False,
) -> dict[str, Entry]:
    """Return the entries in the shared tier that may be served now, by key; also store them in the local tier.

    ``contents`` is what the shared tier holds, if it has just been asked. ``counter`` is None if nobody reads them.
    ``fills`` says that nobody has asked for them yet, so that they displace nothing that was read.
    """
    if not kinds:
        return {}
    any_kind = next(iter(kinds.values()))
    runtime, declared = any_kind.runtime, any_kind.entries.declared
    tier = runtime.shared
    if tier is None or not runtime.is_serving or runtime.generations.is_degraded:
        return {}
    places = {kind: kind.place() for kind in kinds.values()}
    within = {key: (kind.declared_as, place) for key, kind in kinds.items() if (place := places[kind]) is not None}

    def accepts(key: str, value: Any) -> bool:
        return kinds[key].accepts(value)

    if contents is None:
        entries = tier.get_entries(declared, within, runtime.clock(), within, accepts)
    else:
        given = {key: content for key, content in contents.items() if key in within}
        entries = tier.entries_in(given, declared, runtime.clock(), within, accepts)
    served = {}
    found: defaultdict[Kind, dict[str, Entry]] = defaultdict(dict)
    for (key, entry), serves in zip(entries.items(), runtime.may_serve_each(list(entries.values())), strict=True):
        if serves:
            found[kinds[key]][key] = kinds[key].aging(entry)
            served[key] = entry
        else:
            kinds[key].count(stats.REFUSAL)
    for kind, own in found.items():
        if fills:
            kind.fill(own, stats.WARMED, places[kind] or "")
        else:
            kind.put(own, counter, places[kind] or "")
    return served
