"""manage.py cache drain: publish the contents of the outbox now."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from caching.coherence.publishing import publisher
from caching.management.subcommands import FAILED, Subcommand
from caching.stores.generations import GenerationsUnavailable


class Drain(Subcommand):
    name = "drain"
    help = "Publish the invalidations that could not be delivered. Every process does it by itself every few seconds."

    @staticmethod
    def add_arguments(parser: CommandParser) -> None:
        """It has no arguments."""

    def handle(self, **options: Any) -> None:
        if not publisher.store.has_outbox:
            self.stdout.write("Nothing to publish: generations in shared memory need no outbox.")
            return
        try:
            rows = publisher.store.drain()
        except GenerationsUnavailable as error:
            raise CommandError(f"Nothing was published: {error} The rows wait.", returncode=FAILED) from error
        what = "1 row of the outbox" if rows == 1 else f"{rows:,} rows of the outbox"
        self.stdout.write(f"Published {what}.")
