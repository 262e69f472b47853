"""manage.py cache stats: the counts by type and kind, summed over all processes of the host."""

import json
import time
from argparse import ArgumentTypeError
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from caching.management.subcommands import FAILED, Subcommand
from caching.monitoring import history, reports
from caching.monitoring.questions import what_to_cache_next
from caching.monitoring.sampler import sample_now
from caching.reading.manager import cache_manager

MAX_SHAPES = 5
N = TypeVar("N", int, float)


class Stats(Subcommand):
    name = "stats"
    help = "Show hits, misses, entries and invalidations of each cache type, of all processes of this host."
    epilog = "Exit code 1 if the hit rate of the types shown is below --fail-under."

    @staticmethod
    def add_arguments(parser: CommandParser) -> None:
        parser.add_argument("types", nargs="*", metavar="TYPE", help="A cache type; all types by default.")
        parser.add_argument("--format", choices=("table", "json", "csv"), default="table")
        parser.add_argument(
            "--min-requests",
            type=_whole,
            default=1,
            metavar="N",
            help="Apply --fail-under only after at least N reads.",
        )
        parser.add_argument(
            "--since",
            choices=tuple(history.PERIODS),
            help="Show what all hosts counted in this period, instead of everything that this host has counted.",
        )
        ending = parser.add_mutually_exclusive_group()
        ending.add_argument(
            "--fail-under", type=_percent, metavar="PERCENT", help="End with exit code 1 below this hit rate."
        )
        ending.add_argument(
            "--watch",
            type=_seconds,
            nargs="?",
            const=2.0,
            metavar="SECONDS",
            help="Repeat every SECONDS (2 by default) until Ctrl-C.",
        )

    def handle(  # type: ignore[override]
        self,
        *,
        types: Sequence[str],
        format: str,
        fail_under: float | None,
        min_requests: int,
        watch: float | None,
        since: str | None,
        **options: Any,
    ) -> None:
        def read() -> dict[str, Any]:
            return reports.report(_counts(since), types)

        report = read()
        if watch is not None:
            self._watch(read, format, watch)
            return
        self._print(report, format)
        if format == "table" and not types and since is None:
            self._print_next()
        if fail_under is not None:
            self._judge(report, fail_under, min_requests)

    def _print(self, report: dict[str, Any], format: str) -> None:
        if format == "json":
            self.stdout.write(json.dumps(report, indent=2))
        elif format == "csv":
            self.stdout.write(reports.as_csv(report), ending="")
        else:
            console = self.console()
            from caching.monitoring.tables import as_table

            console.print(as_table(report))
            for sentence in reports.learned(report):
                self.stdout.write(f"TTL learned for {sentence}.")

    def _print_next(self) -> None:
        """Print what the cache could answer next, if a query was repeated by a serving process."""
        if shapes := what_to_cache_next(MAX_SHAPES):
            console = self.console()
            from caching.monitoring.tables import table_of_shapes

            console.print(table_of_shapes(shapes))

    def _judge(self, report: dict[str, Any], fail_under: float, min_requests: int) -> None:
        reads, rate = report["total_requests"], report["hit_rate"]
        if rate is None or reads < min_requests:
            self.say(f"Not judged: {reads:,} reads so far, and at least {max(min_requests, 1):,} are needed.")
        elif rate * 100 < fail_under:
            # Round down: 69.99 must not be reported as 70.0, below 70.
            shown = int(rate * 1000) / 10
            raise CommandError(f"The hit rate is {shown} %, below {fail_under:g} %.", returncode=FAILED)

    def _watch(self, read: Callable[[], dict[str, Any]], format: str, seconds: float) -> None:
        """Redraw the table on a terminal, append lines elsewhere, until Ctrl-C."""
        try:
            if format == "table" and self.stdout.isatty():
                self._redraw(read, seconds)
            else:
                self._append(read, format, seconds)
        except KeyboardInterrupt:
            return

    def _redraw(self, read: Callable[[], dict[str, Any]], seconds: float) -> None:
        # Not self.stdout: Django adds a line break to every write, even to one that only moves the cursor.
        console = self.console(on_terminal=True)
        from rich.live import Live

        from caching.monitoring.tables import as_table

        with Live(as_table(read()), console=console, auto_refresh=False) as live:
            while True:
                time.sleep(seconds)
                live.update(as_table(read()), refresh=True)

    def _append(self, read: Callable[[], dict[str, Any]], format: str, seconds: float) -> None:
        header = True
        while True:
            report = read()
            if format == "json":
                self.stdout.write(json.dumps(report))
            elif format == "csv":
                self.stdout.write(reports.as_csv(report, header=header), ending="")
            else:
                self.stdout.write(reports.as_line(report))
            self.stdout.flush()
            header = False
            time.sleep(seconds)


def _counts(since: str | None) -> dict[str, Any]:
    if since is None:
        return cache_manager.get_stats(all_processes=True)
    sample_now()
    now = timezone.now()
    hosts = max(len(history.hosts(now)), 1)
    return {
        "scope": "1 host" if hosts == 1 else f"{hosts} hosts",
        "processes": cache_manager.get_stats(all_processes=True)["processes"],
        **cache_manager.describe(history.totals(history.points(since, now))),
    }


def _percent(text: str) -> float:
    return _number(text, float, lambda number: 0 <= number <= 100, "a percentage from 0 to 100")


def _seconds(text: str) -> float:
    return _number(text, float, lambda number: 0 < number < 1e6, "a positive number of seconds")


def _whole(text: str) -> int:
    return _number(text, int, lambda number: number >= 0, "a whole number of reads")


def _number(text: str, kind: type[N], allowed: Callable[[N], bool], wanted: str) -> N:
    try:
        number: N | None = kind(text)
    except ValueError:
        number = None
    if number is None or not allowed(number):
        raise ArgumentTypeError(f"'{text}' is not {wanted}")
    return number
