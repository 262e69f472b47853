"""manage.py cache: inspect and clear the cache of all processes of the host.

Data goes to stdout, messages to stderr. Exit code 0: success; 1: a threshold was not met, or an operation failed;
2: wrong usage, or a prompt was answered with no.
"""

import argparse
from typing import Any

from django.core.checks import Tags
from django.core.management.base import BaseCommand, CommandError, CommandParser

from caching.exceptions import CachingError
from caching.management.subcommands import USAGE, Subcommand
from caching.management.subcommands.clear import Clear
from caching.management.subcommands.doctor import Doctor
from caching.management.subcommands.drain import Drain
from caching.management.subcommands.explain import Explain
from caching.management.subcommands.log import Log
from caching.management.subcommands.sample import Sample
from caching.management.subcommands.stats import Stats
from caching.management.subcommands.verify import Verify
from caching.management.subcommands.warm import Warm

SUBCOMMANDS: tuple[type[Subcommand], ...] = (Stats, Clear, Warm, Verify, Explain, Log, Doctor, Sample, Drain)


class Command(BaseCommand):
    help = "Show what the cache did in all processes of this host, or drop what they hold."
    # It must be possible to clear the cache even if other checks fail.
    requires_system_checks = [Tags.caches]

    def add_arguments(self, parser: CommandParser) -> None:
        subparsers = parser.add_subparsers(title="subcommands", dest="subcommand", required=True)
        for subcommand in SUBCOMMANDS:
            subparser = subparsers.add_parser(
                subcommand.name, help=subcommand.help, description=subcommand.help, epilog=subcommand.epilog
            )
            subcommand.add_arguments(subparser)
            _accept_common_options(subparser)

    def handle(self, *, subcommand: str, **options: Any) -> None:
        (chosen,) = (known for known in SUBCOMMANDS if known.name == subcommand)
        try:
            chosen(self, no_color=options["no_color"]).handle(**options)
        except CachingError as error:
            raise CommandError(str(error), returncode=USAGE) from error


def _accept_common_options(parser: CommandParser) -> None:
    """Accept Django's own options after the name of the subcommand too: `cache stats --no-color`."""
    for flag in ("--no-color", "--force-color", "--traceback", "--skip-checks"):
        parser.add_argument(flag, action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    for flag in ("--settings", "--pythonpath"):
        parser.add_argument(flag, default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    parser.add_argument("-v", "--verbosity", type=int, default=argparse.SUPPRESS, help=argparse.SUPPRESS)
