"""manage.py cache log: who invalidated what, on this host."""

import time
from collections.abc import Iterable
from typing import Any

from django.core.management.base import CommandParser

from caching.keys import cache_type, without_value
from caching.management.subcommands import Subcommand
from caching.monitoring.invalidation_log import Publication, publications_of_host
from caching.reading.manager import cache_manager

_LINES = 50
_TAGS = 6
_FOLLOW_SECONDS = 1.0


class Log(Subcommand):
    name = "log"
    help = "Show the last invalidations of all processes of this host: when, by which process, why, and of what."

    @staticmethod
    def add_arguments(parser: CommandParser) -> None:
        parser.add_argument("type", nargs="?", metavar="TYPE", help="Only those that concern a cache type.")
        parser.add_argument("--follow", action="store_true", help="Go on showing new ones until Ctrl-C.")

    def handle(self, *, type: str | None, follow: bool, **options: Any) -> None:  # type: ignore[override]
        concerned = None if type is None else cache_type(type).name
        found = self._read(concerned)
        self._print(reversed(found[:_LINES]))
        if not found:
            self.say("Nothing was invalidated on this host yet.")
        try:
            while follow:
                time.sleep(_FOLLOW_SECONDS)
                newest = found[0].at if found else None
                now = self._read(concerned)
                self._print(reversed([one for one in now if newest is None or one.at > newest]))
                found = now or found
        except KeyboardInterrupt:
            return

    def _read(self, concerned: str | None) -> list[Publication]:
        found = publications_of_host(cache_manager.config.directory)
        return [one for one in found if concerned is None or concerned in cache_manager.types_of(one.tags)]

    def _print(self, several: Iterable[Publication]) -> None:
        for one in several:
            more = f" and {one.all_tags - _TAGS} more" if one.all_tags > _TAGS else ""
            tags = ", ".join(dict.fromkeys(map(without_value, one.tags[:_TAGS]))) + more
            self.stdout.write(
                f"{one.at:%Y-%m-%d %H:%M:%S.%f}Z {one.cause} by process {one.pid} ({one.command}) "
                f"in {one.seconds * 1e6:,.0f} µs: {tags}"
            )
        self.stdout.flush()
