"""Explains a key: where it is held, whether it would be served, and if not, why and who invalidated it."""

import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import DatabaseError

from ..coherence.publishing import publisher
from ..keys import cache_type, kind_of
from ..reading.aging import expires_at
from ..reading.entries import Kind
from ..reading.manager import cache_manager
from ..reading.places import declared_lookups
from ..reading.tiers import Entry
from ..values.encoding import encode
from .invalidation_log import Publication, publications_of_host


def explain(type_name: str, key: str) -> dict[str, Any]:
    """Return what this process and the shared tier know of a key, as plain values for JSON.

    Raises UnknownCacheType and InvalidKey. ``local`` and ``shared`` are None if the tier does not hold the key;
    ``equal`` says whether the held value is that of the database, None if it cannot be compared. ``dropped`` says why
    this process has dropped the key, if it did so not long ago: "evicted", "expired" or "invalidated".
    """
    kind = cache_manager.kind(cache_type(type_name).name, kind_of(key))
    with kind.entries.lock:
        local = kind.entries.entries.get(key)
    shared = None
    tier = cache_manager.runtime.opened().shared
    if tier is not None and not publisher.store.is_degraded and (place := kind.place()) is not None:
        within = {key: (kind.declared_as, place)}
        shared = tier.get_entries(kind.entries.declared, [key], cache_manager.runtime.clock(), within).get(key)
    lookup = declared_lookups(kind.entries.name).get(kind.name)
    return {
        "type": kind.entries.name,
        "key": key,
        "ttl": kind.lifetime,
        "look_up": kind.declared_as or None,
        "state": cache_manager.state,
        "local": None if local is None else _described(kind, lookup, key, local),
        "shared": None if shared is None else _described(kind, lookup, key, shared),
        "dropped": _dropped(kind, key) if local is None else None,
        "last_invalidation": _last(key_tags(kind, lookup, key, local or shared)),
    }


def key_tags(kind: Kind, lookup: Any, key: str, entry: Entry | None) -> set[str]:
    """Return the tags on which the answer for the key depends: those of the entry, else those known before a load."""
    if entry is not None:
        return set(entry.stamp.tags)
    value = None if lookup is None else lookup.value_of(key)
    if value is not None:
        return set(lookup.dependencies(value).tags)
    type_name = kind.entries.name
    return {type_name, f"{type_name}/{kind.name}", f"{type_name}/{key}"}


def _dropped(kind: Kind, key: str) -> dict[str, Any] | None:
    if (found := kind.entries.why_dropped(key)) is None:
        return None
    reason, at = found
    return {"reason": reason, "seconds_ago": round(max(time.time() - at, 0), 3)}


def _described(kind: Kind, lookup: Any, key: str, entry: Entry) -> dict[str, Any]:
    runtime = cache_manager.runtime
    left = expires_at(entry) - runtime.clock()
    now = dict(zip(entry.stamp.tags, runtime.generations.read(entry.stamp.tags), strict=True))
    changed = [
        tag for tag, generation in zip(entry.stamp.tags, entry.stamp.generations, strict=True) if now[tag] != generation
    ]
    serves = runtime.may_serve(entry)
    return {
        "serves": serves,
        "why_not": None if serves else _why_not(left, changed),
        "seconds_left": round(left, 3),
        "tags": list(entry.stamp.tags),
        "invalidated_tags": changed,
        "equal": _equal(lookup, key, entry),
    }


def _why_not(left: float, changed: list[str]) -> str:
    if left <= 0:
        return "expired"
    if changed:
        return "invalidated"
    if not cache_manager.runtime.is_serving:
        return "disabled"
    return "degraded" if publisher.store.is_degraded else "unproven"


def _equal(lookup: Any, key: str, entry: Entry) -> bool | None:
    value = None if lookup is None else lookup.value_of(key)
    if value is None:
        return None
    try:
        return bool(encode(lookup.from_database({key: value})[key]) == encode(entry.value))
    except DatabaseError:
        return None


def _last(tags: Iterable[str]) -> dict[str, Any] | None:
    """Return the last publication that dropped any of the tags; None if the log does not know one."""
    wanted = set(tags)
    for publication in publications_of_host(cache_manager.config.directory):
        if hit := sorted(wanted.intersection(publication.tags)):
            return {**described(publication), "tag": hit[-1]}
    return None


def described(publication: Publication) -> dict[str, Any]:
    """Return a publication as plain values for JSON."""
    return {
        "at": publication.at.isoformat(timespec="milliseconds"),
        "seconds_ago": round((datetime.now(UTC) - publication.at) / timedelta(seconds=1), 3),
        "pid": publication.pid,
        "command": publication.command,
        "cause": publication.cause,
        "tags": list(publication.tags),
        "all_tags": publication.all_tags,
    }
