"""manage.py cache sample: write the history now, for cron where no thread may run."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import DatabaseError

from caching.management.subcommands import FAILED, Subcommand
from caching.monitoring.sampler import sample


class Sample(Subcommand):
    name = "sample"
    help = "Write what was counted since the last sample of this host into the history."

    @staticmethod
    def add_arguments(parser: CommandParser) -> None:
        """It has no arguments."""

    def handle(self, **options: Any) -> None:
        try:
            kinds = sample()
        except (OSError, DatabaseError) as error:
            raise CommandError(f"Nothing was written: {error}", returncode=FAILED) from error
        what = "1 kind" if kinds == 1 else f"{kinds:,} kinds"
        self.stdout.write(f"Wrote what was counted for {what}.")
