"""What the cache did over time: the growth of the counts of each host, in a table of the database.

Growth is added to the row of the current minute, of the current ten minutes, hour, six hours and day, and each length
is kept for as long as a period needs it that is shown with it. So 25 kinds of one host never need more than 8,500 rows,
and any period up to 30 days is read from at most 1,550 of them: a page that reads more is slow.

The counts at the last sample are stored in the same transaction as their growth. So a process that is killed while it
takes a sample loses nothing and counts nothing twice.
"""

import fcntl
import json
import os
import socket
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from types import MappingProxyType
from typing import Any

from django.db import connections, router, transaction
from django.db.models import TextField
from django.db.models.functions import Cast

from .stats import COUNTERS, CacheStats

KEPT = MappingProxyType(
    {
        60: timedelta(hours=2),
        600: timedelta(hours=12),
        3600: timedelta(days=2),
        21600: timedelta(days=14),
        86400: timedelta(days=31),
    }
)
"""How long the rows of each length, in seconds, are kept."""
PERIODS = MappingProxyType(
    {
        "15m": timedelta(minutes=15),
        "1h": timedelta(hours=1),
        "6h": timedelta(hours=6),
        "24h": timedelta(hours=24),
        "7d": timedelta(days=7),
        "30d": timedelta(days=30),
    }
)
_LENGTHS = {"15m": 60, "1h": 60, "6h": 600, "24h": 3600, "7d": 21600, "30d": 86400}
_BASELINE = 0
_SINCE_EVER = datetime(2000, 1, 1, tzinfo=UTC)
_GAUGES = frozenset({"entries"})
LOCK_NAME = "samples.lock"


@dataclass(frozen=True, slots=True)
class Point:
    """What was counted in one stretch of time, by "type/kind"."""

    at: datetime
    seconds: int
    counts: Mapping[str, CacheStats]

    @property
    def total(self) -> CacheStats:
        return sum(self.counts.values(), CacheStats())


def host_name() -> str:
    return socket.gethostname()[:64]


@contextmanager
def host_lock(directory: Path, name: str = LOCK_NAME, *, wait: bool) -> Iterator[bool]:
    """Hold a lock of this host, by default that of those who take samples.

    Yields False if another process holds it and ``wait`` is False.
    """
    lock = os.open(directory / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(lock)


def record(
    snapshot: Callable[[], Mapping[str, CacheStats]], now: datetime, *, host: str | None = None, keep: bool = False
) -> int:
    """Add what was counted since the last sample of this host to its rows; return the number of kinds that grew.

    ``snapshot`` gives the counts of all processes of the host. The caller must hold ``host_lock``. ``keep`` leaves rows
    that have passed their time. Uses the connection of the calling thread.
    """
    from ..models import CacheSample

    host = host or host_name()
    using = router.db_for_write(CacheSample)
    samples = CacheSample.objects.using(using)
    with transaction.atomic(using=using):
        before = samples.filter(seconds=_BASELINE, host=host).first()
        counts = {name: _nonzero(found) for name, found in snapshot().items()}
        grown = _growth(before.counts if before else {}, counts)
        if grown:
            _add(samples, host, now, grown)
        _store_baseline(samples, host, counts)
        if not keep:
            for seconds, kept in KEPT.items():
                samples.filter(seconds=seconds, at__lt=now - kept).delete()
    return len(grown)


def rebase(snapshot: Mapping[str, CacheStats]) -> None:
    """Reckon the next sample of this host from these counts. The caller must hold ``host_lock``."""
    from ..models import CacheSample

    samples = CacheSample.objects.using(router.db_for_write(CacheSample))
    _store_baseline(samples, host_name(), {name: _nonzero(found) for name, found in snapshot.items()})


def _store_baseline(samples: Any, host: str, counts: Mapping[str, Mapping[str, int]]) -> None:
    samples.update_or_create(
        seconds=_BASELINE, host=host, at=_SINCE_EVER, type="", kind="", defaults={"counts": counts}
    )


def _nonzero(stats: CacheStats) -> dict[str, int]:
    return {name: number for name, number in stats.counts.items() if number}


def _growth(before: Mapping[str, Any], now: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
    """Return by "type/kind" what was added. Counts that have fallen were reset, and begin again at zero."""
    grown = {}
    for name, counts in now.items():
        old = before.get(name, {})
        if any(counts.get(counter, 0) < number for counter, number in old.items() if counter not in _GAUGES):
            old = {}
        added = {
            counter: number - (0 if counter in _GAUGES else old.get(counter, 0)) for counter, number in counts.items()
        }
        if any(number for counter, number in added.items() if counter not in _GAUGES):
            grown[name] = {counter: number for counter, number in added.items() if number}
    return grown


def _add(samples: Any, host: str, now: datetime, grown: Mapping[str, Mapping[str, int]]) -> None:
    starts = {seconds: start_of(now, seconds) for seconds in KEPT}
    here = samples.filter(host=host, at__in=set(starts.values()))
    held = {(row.seconds, row.at, row.type, row.kind): row for row in here if starts.get(row.seconds) == row.at}
    replaced, rows = [], []
    for name, counts in grown.items():
        type_name, _, kind = name.partition("/")
        for seconds, at in starts.items():
            row = held.get((seconds, at, type_name, kind))
            total = dict(row.counts) if row else {}
            for counter, number in counts.items():
                total[counter] = number if counter in _GAUGES else total.get(counter, 0) + number
            if row:
                replaced.append(row.pk)
            rows.append(samples.model(host=host, seconds=seconds, at=at, type=type_name, kind=kind, counts=total))
    # An update of a hundred rows, each with a value of its own, takes four times as long.
    samples.filter(pk__in=replaced).delete()
    samples.bulk_create(rows)


def start_of(now: datetime, seconds: int) -> datetime:
    """Return when the stretch of this length begins in which a moment lies."""
    return datetime.fromtimestamp(now.timestamp() // seconds * seconds, UTC)


def points(period: str, now: datetime, *, back: int = 0) -> list[Point]:
    """Return what all hosts counted in a period of PERIODS that ends now, oldest first; one query.

    With ``back=1``, the period before it. Stretches in which nothing was counted are left out.
    """
    seconds, rows = _rows(period, now, back)
    stretches: defaultdict[datetime, dict[str, dict[str, int]]] = defaultdict(dict)
    for at, type_name, kind, counts in rows:
        held = stretches[at].setdefault(f"{type_name}/{kind}", {})
        for counter, number in counts.items():
            held[counter] = held.get(counter, 0) + number
    return [
        Point(at, seconds, {name: _stats(counts) for name, counts in by_name.items()})
        for at, by_name in stretches.items()
    ]


def _rows(period: str, now: datetime, back: int) -> tuple[int, Iterable[tuple[datetime, str, str, dict[str, int]]]]:
    """Return the length of the stretches in seconds, and their rows, oldest first."""
    from ..models import CacheSample

    length, seconds = PERIODS[period], _LENGTHS[period]
    end = now - back * length
    until = end - timedelta(seconds=seconds) if back else end
    found = CacheSample.objects.filter(seconds=seconds, at__gt=end - length - timedelta(seconds=seconds), at__lte=until)
    # As text: Django would convert every value by itself, which takes twice as long as all the rest.
    texts = found.annotate(moment=Cast("at", TextField()), numbers=Cast("counts", TextField()))
    rows = list(texts.order_by("at").values_list("moment", "type", "kind", "numbers"))
    zone = connections[found.db].timezone
    moments = {text: _moment(text, zone) for text in dict.fromkeys(row[0] for row in rows)}
    counts = json.loads(f"[{','.join(row[3] for row in rows)}]")
    return seconds, (
        (moments[at], type_name, kind, numbers) for (at, type_name, kind, _), numbers in zip(rows, counts, strict=True)
    )


def _moment(text: str, zone: tzinfo | None) -> datetime:
    """Return a moment as the database spells it; without an offset, it is in the zone of the connection."""
    found = datetime.fromisoformat(text)
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Summary:
    """What all hosts counted in a period."""

    seconds: int
    """The length of a stretch."""
    stretches: Mapping[datetime, CacheStats]
    """By the moment at which the stretch begins, oldest first."""
    kinds: Mapping[str, CacheStats]
    """By "type/kind"; without entries, which are no sum."""


def summary(period: str, now: datetime, *, back: int = 0) -> Summary:
    """Return the sums of the stretches that ``points`` would return; one query, and much less work."""
    seconds, rows = _rows(period, now, back)
    # Counts with the same names are added up by columns, because a month has many numbers.
    by_stretch: defaultdict[datetime, defaultdict[tuple[str, ...], list[Any]]] = defaultdict(lambda: defaultdict(list))
    by_kind: defaultdict[str, defaultdict[tuple[str, ...], list[Any]]] = defaultdict(lambda: defaultdict(list))
    for at, type_name, kind, counts in rows:
        names, numbers = tuple(counts), counts.values()
        by_stretch[at][names].append(numbers)
        by_kind[f"{type_name}/{kind}"][names].append(numbers)
    return Summary(
        seconds,
        {at: _sum(several) for at, several in by_stretch.items()},
        {name: _sum(several) for name, several in by_kind.items()},
    )


def _sum(several: Mapping[tuple[str, ...], Sequence[Iterable[int]]]) -> CacheStats:
    """Return the sums of the numbers that are listed under their names."""
    total = dict.fromkeys(COUNTERS, 0)
    for names, listed in several.items():
        for name, number in zip(names, map(sum, zip(*listed, strict=True)), strict=True):
            if name in total and name not in _GAUGES:
                total[name] += number
    return CacheStats(counts=MappingProxyType(total))


def totals(several: Iterable[Point]) -> dict[str, CacheStats]:
    """Return what was counted in several stretches together, by "type/kind"; entries are those of the last stretch."""
    found: dict[str, CacheStats] = {}
    for point in several:
        for name, counts in point.counts.items():
            before = found.get(name, CacheStats())
            found[name] = counts + CacheStats(counts=MappingProxyType({**before.counts, **dict.fromkeys(_GAUGES, 0)}))
    return found


def _stats(counts: Mapping[str, int]) -> CacheStats:
    return CacheStats(counts=MappingProxyType({name: counts.get(name, 0) for name in COUNTERS}))


def hosts(now: datetime) -> dict[str, datetime]:
    """Return by host, of those that took a sample in the last hour, when their newest minute began; one query."""
    from django.db.models import Max

    from ..models import CacheSample

    newest = CacheSample.objects.filter(seconds=60, at__gt=now - timedelta(hours=1)).values_list("host")
    return dict(newest.annotate(newest=Max("at")))
