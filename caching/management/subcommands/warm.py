"""manage.py cache warm: load what is worth it into the shared tier."""

from collections.abc import Sequence
from typing import Any

from django.core.management.base import CommandError, CommandParser

from caching.keys import cache_type, known_types
from caching.management.subcommands import FAILED, USAGE, Subcommand
from caching.monitoring.warming import warm
from caching.reading.manager import cache_manager


class Warm(Subcommand):
    name = "warm"
    help = "Load what is worth it, then the newest rows, into the shared tier, so that no process asks the database."

    @staticmethod
    def add_arguments(parser: CommandParser) -> None:
        parser.add_argument("types", nargs="*", metavar="TYPE", help="A cache type, such as employee.")
        parser.add_argument("--all", action="store_true", help="Every type.")
        parser.add_argument("--limit", type=int, metavar="N", help="At most so many rows of each look-up.")
        parser.add_argument("--dry-run", action="store_true", help="Show what would be loaded, without loading it.")

    def handle(  # type: ignore[override]
        self, *, types: Sequence[str], all: bool, limit: int | None, dry_run: bool, **options: Any
    ) -> None:
        if bool(types) == all:
            raise CommandError("Say what to warm: TYPE … or --all.", returncode=USAGE)
        if limit is not None and limit < 1:
            raise CommandError(f"--limit is {limit}; give a number of rows from 1.", returncode=USAGE)
        names = [cache_type(name).name for name in types] or known_types()
        if not dry_run:
            refuse_without_shared_tier()
        for line in warm(names, limit, dry_run=dry_run):
            self.stdout.write(line)


def refuse_without_shared_tier() -> None:
    """Raise CommandError if what a command loads would end with it."""
    if cache_manager.runtime.opened().shared is None:
        raise CommandError(
            "There is no shared tier, so a command can only fill its own memory, which ends with it. Set "
            "REDIS_URL or SHARED_ALIAS, or warm a process by the page of the cache in the admin.",
            returncode=FAILED,
        )
