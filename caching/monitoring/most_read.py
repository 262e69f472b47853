"""The keys that the processes of this host have read most in the last hour, in a file, so that a deploy starts warm.

A hit costs nothing for it: the tiers that evict by SIEVE mark what is read anyway, and once a minute the sampler of
each process takes the marks. A key counts for each minute in which it was read, less the longer ago that is. The file
holds cache type, kind and key, and no values. Whatever else may be in it, nothing happens but that some rows are read:
it is bounded, belongs to this user, and names keys of look-ups whose values can be told from the key.
"""

import logging
import math
import os
import stat
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from ..keys import known_types
from ..reading.manager import cache_manager
from ..reading.places import declared_lookups
from .history import host_lock
from .warming import Warmed

logger = logging.getLogger("caching")

FILE_NAME, LOCK_NAME = "most_read", "most_read.lock"
MAX_BYTES = 2_000_000
MAX_KEY = 300
"""Longer keys are not remembered."""
REMEMBERED_SECONDS = 3600.0
_LEAST = math.exp(-1)
"""What a key still counts that was read in one minute an hour ago."""

Counts = dict[str, dict[str, dict[str, float]]]
"""How much each key was read, by type and kind."""


class _File(msgspec.Struct):
    at: float
    read: Counts


class MostRead:
    """What this process has read since it wrote the file last."""

    def __init__(self) -> None:
        self._pending: Counts = {}

    def remember(self, now: float | None = None) -> int:
        """Add what was read since the last call to the file of the host; return the number of keys in it.

        Nothing is written while another process writes: then it is added the next time. Raises OSError if the directory
        cannot be used.
        """
        now, directory = time.time() if now is None else now, cache_manager.config.directory
        if directory is None:
            return 0
        for name, held in list(cache_manager.types.held.items()):
            lookups = declared_lookups(name)
            for key in held.taken_marks():
                kind = key.partition(":")[0]
                if kind in lookups and not lookups[kind].kind.is_placed and _is_key(kind, key):
                    self._pending.setdefault(name, {}).setdefault(kind, {})[key] = 1.0
        with host_lock(directory, LOCK_NAME, wait=False) as is_mine:
            if not is_mine:
                return 0
            counts = _sum(_read(directory, now), self._pending)
            _write(directory, _File(now, counts))
        self._pending = {}
        return sum(len(keys) for kinds in counts.values() for keys in kinds.values())


def most_read(now: float | None = None) -> dict[tuple[str, str], list[Any]]:
    """Return by type and kind the values that were read most, as many of each type as it has room for."""
    directory = cache_manager.config.directory
    if directory is None:
        return {}
    counts = _sum(_read(directory, time.time() if now is None else now), {})
    values: defaultdict[tuple[str, str], list[Any]] = defaultdict(list)
    for name, kinds in counts.items():
        lookups = declared_lookups(name)
        for kind, keys in kinds.items():
            for key in keys if kind in lookups else ():
                if (value := lookups[kind].value_of(key)) is not None:
                    values[name, kind].append(value)
    return dict(values)


def warm_most_read() -> Iterator[Warmed]:
    """Load what was read most, in one query for each look-up, or a few; what is held stays."""
    for (name, kind), values in most_read().items():
        yield Warmed(name, kind, declared_lookups(name)[kind].warm(values), len(values))


def _is_key(kind: str, key: str) -> bool:
    return len(key) <= MAX_KEY and key.startswith(f"{kind}:") and key.isprintable()


def _sum(before: Counts, more: Counts) -> Counts:
    """Return both together: of each type the keys that were read most, as many as it has room for, the first first."""
    total: Counts = {}
    for name in known_types():
        found: dict[tuple[str, str], float] = {}
        for counts in (before, more):
            for kind, keys in counts.get(name, {}).items():
                for key, count in keys.items():
                    if count >= _LEAST and _is_key(kind, key):
                        found[kind, key] = found.get((kind, key), 0.0) + count
        room = cache_manager.type_entries(name).max_size
        for (kind, key), count in sorted(found.items(), key=lambda item: -item[1])[:room]:
            total.setdefault(name, {}).setdefault(kind, {})[key] = count
    return total


def _read(directory: Path, now: float) -> Counts:
    """Return what the file says as it counts now; nothing if it is not ours or is damaged."""
    try:
        # Neither a link is followed nor a pipe waited for.
        file = os.open(directory / FILE_NAME, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return {}
    except OSError as error:
        logger.warning("%s in %s is not used: %s", FILE_NAME, directory, error)
        return {}
    try:
        found = os.fstat(file)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or found.st_size > MAX_BYTES:
            raise ValueError("it is not a file of this user, or too large.")
        content = msgspec.json.decode(os.read(file, MAX_BYTES), type=_File)
        age = now - content.at
        if not math.isfinite(age):
            raise ValueError("it was written at no moment.")
    except (ValueError, RecursionError) as error:
        logger.warning("%s in %s is not used: %s", FILE_NAME, directory, error)
        return {}
    finally:
        os.close(file)
    share = math.exp(-max(age, 0.0) / REMEMBERED_SECONDS)
    return {
        name: {
            kind: {key: min(count, REMEMBERED_SECONDS) * share for key, count in keys.items() if count > 0}
            for kind, keys in kinds.items()
        }
        for name, kinds in content.read.items()
    }


def _write(directory: Path, content: _File) -> None:
    encoded = msgspec.json.encode(content)
    if len(encoded) > MAX_BYTES:
        logger.warning("%s in %s is not written: the most-read keys take %d bytes.", FILE_NAME, directory, len(encoded))
        return
    fresh = directory / f"{FILE_NAME}.{os.getpid()}.new"
    fresh.unlink(missing_ok=True)
    file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(file, "wb") as opened:
        opened.write(encoded)
    fresh.rename(directory / FILE_NAME)
