"""What the page shows: the state in words, cards, charts and the table by type."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ..monitoring import history, reports
from ..monitoring.drift import MIN_POLLS
from ..monitoring.invalidation_log import Publication, publications_of_host
from ..monitoring.stats import CacheStats
from ..reading.manager import cache_manager
from . import words
from .charts import TARGET, Chart, Charts

DEFAULT_PERIOD = "1h"
BUDGET_BYTES = 5_000_000
"""The memory that the entries of one process may take."""
PERIODS: dict[str, Promise] = {
    "15m": gettext_lazy("15 minutes"),
    "1h": gettext_lazy("1 hour"),
    "6h": gettext_lazy("6 hours"),
    "24h": gettext_lazy("24 hours"),
    "7d": gettext_lazy("7 days"),
    "30d": gettext_lazy("30 days"),
}
WITHOUT_A_PREVIOUS = "30d"
"""Nothing is kept of the month before."""


@dataclass(frozen=True, kw_only=True)
class Card:
    """One figure, with what it means."""

    name: str
    value: str
    note: str = ""
    bad: bool = False


@dataclass(frozen=True, kw_only=True)
class Row:
    """The figures of a type, or of a kind of a type."""

    name: str
    counts: Mapping[str, Any]
    entries: int | None = None
    """Of all processes of this host; None for a kind, whose entries share the room of their type."""
    limit: int | None = None
    last: Publication | None = None
    kinds: Sequence["Row"] = ()
    learned: str = ""
    """What was learned about the time to live, in words."""

    @property
    def reads(self) -> str:
        return words.number(self.counts["total_requests"])

    @property
    def hit_rate(self) -> str:
        return words.percent(self.counts["hit_rate"])

    @property
    def is_low(self) -> bool:
        return self.counts["hit_rate"] is not None and self.counts["hit_rate"] < TARGET

    @property
    def saved(self) -> str:
        return words.duration(self.counts["saved_seconds"] or None)

    @property
    def load(self) -> str:
        p50, p95 = self.counts["load_p50"], self.counts["load_p95"]
        return words.NONE if p50 is None else f"{words.duration(p50)} / {words.duration(p95)}"

    @property
    def invalidated(self) -> str:
        return words.number(reports.invalidations(self.counts))

    @property
    def evicted(self) -> str:
        return words.number(sum(self.counts["evictions"].values()))

    @property
    def errors(self) -> str:
        return words.number(self.counts["errors"])

    @property
    def ttl(self) -> str:
        return words.duration(self.counts["ttl"])

    @property
    def held(self) -> str:
        return words.number(self.entries or 0)

    @property
    def room(self) -> str:
        return words.NONE if self.limit is None else words.number(self.limit)


SORTS: dict[str, Callable[[Row], Any]] = {
    "type": lambda row: row.name,
    "reads": lambda row: row.counts["total_requests"],
    "hit_rate": lambda row: -1 if row.counts["hit_rate"] is None else row.counts["hit_rate"],
    "saved": lambda row: row.counts["saved_seconds"],
    "load": lambda row: row.counts["load_p95"] or 0,
    "invalidated": lambda row: reports.invalidations(row.counts),
    "evicted": lambda row: sum(row.counts["evictions"].values()),
    "errors": lambda row: row.counts["errors"],
    "held": lambda row: row.entries or 0,
    "ttl": lambda row: row.counts["ttl"] or 0,
}
"""The columns by which the table by type can be sorted; with a minus, the largest first."""
DEFAULT_SORT = "-reads"


class Figures:
    """All figures of a period that ends now: four queries, and the files of the processes of this host."""

    def __init__(self, period: str, now: datetime) -> None:
        self.period, self.now = period, now
        self._summary = history.summary(period, now)
        self._before = None if period == WITHOUT_A_PREVIOUS else history.summary(period, now, back=1)
        self._hosts = history.hosts(now)
        self._live = cache_manager.get_stats(all_processes=True)
        self._counts = cache_manager.describe(self._summary.kinds)
        self.publications = publications_of_host(cache_manager.config.directory)

    @property
    def scope(self) -> str:
        """How many hosts and processes the figures are of, and how old those of other hosts may be."""
        others = [at for host, at in self._hosts.items() if host != history.host_name()]
        hosts, processes = len(others) + 1, self._live["processes"]
        text = ngettext("%(hosts)s host", "%(hosts)s hosts", hosts) % {"hosts": words.number(hosts)}
        text += ", " + ngettext("%(number)s process of this host", "%(number)s processes of this host", processes) % {
            "number": words.number(processes)
        }
        if not others:
            return text + ", " + _("figures up to now")
        oldest = max((self.now - min(others)) // timedelta(seconds=1), 0)
        return text + ", " + _("figures of other hosts at most %(seconds)s s old") % {"seconds": words.number(oldest)}

    def charts(self) -> Sequence[Chart]:
        return Charts(self._summary, self.period, self.now).all()

    def cards(self) -> list[Card]:
        counts, invalidated = self._counts, reports.invalidations(self._counts)
        processes = self._live["processes"]
        by_cause = sorted(
            ((number, cause) for cause, number in counts["invalidations"].items() if number), reverse=True
        )
        return [
            self._hit_rate(),
            Card(
                name=_("Database time saved"),
                value=words.duration(counts["saved_seconds"] or None),
                note=_("by %(hits)s hits, each of which would have been a load")
                % {"hits": words.number(counts["hits"])},
            ),
            Card(
                name=_("Reads"),
                value=words.number(counts["total_requests"]),
                note=_("and %(bypasses)s inside of writes") % {"bypasses": words.number(counts["bypasses"])},
            ),
            Card(
                name=_("Entries now"),
                value=words.number(self._live["entries"]),
                note=_("about %(bytes)s of %(budget)s, on this host")
                % {"bytes": words.size(self._live["bytes"]), "budget": words.size(BUDGET_BYTES * max(processes, 1))},
                bad=self._live["bytes"] > BUDGET_BYTES * max(processes, 1),
            ),
            Card(
                name=_("Invalidations"),
                value=words.number(invalidated),
                note=", ".join(f"{words.cause(cause)} {words.number(number)}" for number, cause in by_cause[:3]),
            ),
            Card(
                name=_("Load time"),
                value=words.duration(counts["load_p50"]),
                note=_("half of the loads; 95 of 100 within %(time)s") % {"time": words.duration(counts["load_p95"])}
                if counts["loads"]
                else _("nothing was loaded"),
            ),
            Card(
                name=_("Errors"),
                value=words.number(counts["errors"]),
                note=_("of the shared tier"),
                bad=counts["errors"] > 0,
            ),
            self._verified(),
        ]

    def _hit_rate(self) -> Card:
        rate = self._counts["hit_rate"]
        before = None if self._before is None else sum(self._before.kinds.values(), CacheStats()).hit_rate
        target = _("target: 70 %")
        if rate is not None:
            target = _("above the target of 70 %") if rate >= TARGET else _("below the target of 70 %")
        then = _("no figures of the period before")
        if before is not None:
            then = _("%(rate)s in the period before") % {"rate": words.percent(before)}
        return Card(
            name=_("Hit rate"),
            value=words.percent(rate),
            note=f"{target}; {then}",
            bad=rate is not None and rate < TARGET,
        )

    def _verified(self) -> Card:
        verified, stale = self._counts["verified"], self._counts["found_stale"]
        if not verified:
            return Card(name=_("Verified"), value=words.number(0), note=_("nothing was compared with the database"))
        found = {"stale": words.number(stale), "number": words.number(verified)}
        note = _("%(stale)s of %(number)s were stale") % found
        if not stale:
            note += _(": below %(share)s at 95 %%") % {"share": f"{words.number(300 / verified, 2)} %"}
        return Card(name=_("Verified"), value=words.number(verified), note=note, bad=stale > 0)

    def rows(self, sort: str) -> list[Row]:
        """Return a row per type, by a column of SORTS; those that are equal stay in the order of their names."""
        last: dict[str, Publication] = {}
        seen: set[str] = set()
        for publication in self.publications:
            # A tag always concerns the same types, and many publications have the same tags.
            for name in cache_manager.types_of(new := {*publication.tags} - seen):
                last.setdefault(name, publication)
            seen |= new
        live, processes = self._live["types"], max(self._live["processes"], 1)
        rows = [
            Row(
                name=name,
                counts=counts,
                entries=live[name]["entries"] if name in live else 0,
                limit=None if counts["max_size"] is None else counts["max_size"] * processes,
                last=last.get(name),
                kinds=[
                    Row(name=kind, counts=of_kind, learned=_learned(live.get(name, {}).get("kinds", {}).get(kind)))
                    for kind, of_kind in counts["kinds"].items()
                ],
            )
            for name, counts in sorted(self._counts["types"].items())
        ]
        return sorted(rows, key=SORTS[sort.removeprefix("-")], reverse=sort.startswith("-"))


def _learned(counts: Mapping[str, Any] | None) -> str:
    """Return the time to live that was learned from the polls of this host, and from how many; "" if there is none."""
    if counts is None or counts["learned_ttl"] is None or counts["polls"] < MIN_POLLS:
        return ""
    texts = {
        "set": words.number(counts["ttl"]),
        "learned": words.number(round(counts["learned_ttl"])),
        "polls": words.number(counts["polls"]),
        "changed": words.number(counts["drifted"]),
    }
    if not counts["drifted"]:
        return _("%(set)s s → %(learned)s s: %(polls)s polls, none had changed") % texts
    return _("%(set)s s → %(learned)s s: %(polls)s polls, %(changed)s had changed") % texts


def state_in_words(state: Mapping[str, Any]) -> list[str]:
    """Return what ``monitoring.state`` says, as sentences."""
    if not state["enabled"]:
        sentences = [_("The cache is switched off by the settings: every read asks the database.")]
    elif state["degraded"]:
        sentences = [
            _(
                "The cache is degraded: this process cannot reach the generations. What it holds lives for at most "
                "%(seconds)s s, and writes wait in the outbox until they can be announced."
            )
            % {"seconds": words.number(cache_manager.config.DEGRADED_TTL)}
        ]
    else:
        sentences = [_("The cache is switched on and serves.")]
    if state["breaker_open"]:
        sentences.append(_("The shared tier is not used at the moment, because of its faults."))
    if state["outbox"]:
        sentences.append(
            ngettext(
                "%(number)s invalidation waits in the outbox.",
                "%(number)s invalidations wait in the outbox.",
                state["outbox"],
            )
            % {"number": words.number(state["outbox"])}
        )
    return sentences
