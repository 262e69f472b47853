"""manage.py cache verify: compare what all processes of the host and the shared tier hold with the database."""

from collections.abc import Sequence
from typing import Any

from django.core.management.base import CommandError, CommandParser

from caching.keys import cache_type
from caching.management.subcommands import FAILED, USAGE, Subcommand
from caching.monitoring.agents import ask_all
from caching.monitoring.verification import Verified, verify_shared
from caching.reading.manager import cache_manager

_SHARED_SAMPLE = 1000


class Verify(Subcommand):
    name = "verify"
    help = "Compare what every serving process of this host and the shared tier hold with the database."
    epilog = "Exit code 1 if an entry differs, or if a process did not answer."

    @staticmethod
    def add_arguments(parser: CommandParser) -> None:
        parser.add_argument("types", nargs="*", metavar="TYPE", help="A cache type; all types by default.")
        parser.add_argument("--sample", type=int, metavar="N", help="At most so many entries of each kind.")
        parser.add_argument("--repair", action="store_true", help="Drop what differs, in every process.")

    def handle(  # type: ignore[override]
        self, *, types: Sequence[str], sample: int | None, repair: bool, **options: Any
    ) -> None:
        if sample is not None and sample < 1:
            raise CommandError(f"--sample is {sample}; give a number of entries from 1.", returncode=USAGE)
        names = [cache_type(name).name for name in types]
        replies = ask_all(cache_manager.config.directory, "verify", types=names, sample=sample, repair=repair)
        total, silent = Verified(), []
        for reply in replies:
            if reply.answer is None or "error" in reply.answer:
                silent.append(f"{reply.pid} ({(reply.answer or {}).get('error', 'no answer')})")
            else:
                self._name(reply.answer["stale"], f"process {reply.pid}")
                total.add(Verified(**reply.answer))
        shared = verify_shared(names, sample or _SHARED_SAMPLE, repair=repair)
        self._name(shared.stale, "the shared tier")
        total.add(shared)
        self._summarise(total, len(replies), repair)
        if silent:
            raise CommandError(f"Not compared: {', '.join(silent)}.", returncode=FAILED)
        if total.stale:
            raise CommandError(f"Stale: {len(total.stale):,} of {total.verified:,} entries.", returncode=FAILED)

    def _name(self, stale: Sequence[dict[str, str]], where: str) -> None:
        for one in stale:
            self.stdout.write(f"Stale: {one['type']} {one['key']} in {where}.")

    def _summarise(self, total: Verified, processes: int, repair: bool) -> None:
        where = "1 process" if processes == 1 else f"{processes:,} processes"
        self.stdout.write(f"Compared {total.verified:,} entries of {where} and the shared tier with the database.")
        if total.bound is not None:
            self.stdout.write(f"0 of {total.verified:,} are stale: below {total.bound:.2%} at 95 %.")
        if total.changed:
            self.stdout.write(f"{total.changed:,} more were invalidated meanwhile, which is no finding.")
        if total.without_lookup:
            self.stdout.write(f"{total.without_lookup:,} more have no look-up that could load them again.")
        if repair and total.stale:
            self.stdout.write("What differed was dropped in every process.")
