"""manage.py cache doctor: the configuration, each tier's round trip, and the processes of the host."""

import os
import time
from collections.abc import Iterator
from typing import Any

from django.core.management.base import CommandError, CommandParser

from caching.coherence.publishing import publisher
from caching.coherence.watched import watched_labels
from caching.management.subcommands import FAILED, Subcommand
from caching.monitoring.agents import ask_all
from caching.monitoring.state import state
from caching.reading.manager import cache_manager

_CLOCK_SECONDS = 1.0


class Doctor(Subcommand):
    name = "doctor"
    help = "Look at the configuration, each tier, the clock, the directory, and the processes of this host."
    epilog = "Exit code 1 if something is wrong."

    @staticmethod
    def add_arguments(parser: CommandParser) -> None:
        """It has no arguments."""

    def handle(self, **options: Any) -> None:
        wrong = 0
        for fine, sentence in self._findings():
            wrong += not fine
            self.stdout.write(f"{'ok   ' if fine else 'WRONG'} {sentence}")
        if wrong:
            raise CommandError(f"{wrong} of these need attention.", returncode=FAILED)

    def _findings(self) -> Iterator[tuple[bool, str]]:
        found = state()
        yield found["enabled"], f"The cache is {cache_manager.state}."
        yield from self._directory()
        started = time.perf_counter()
        stamp = publisher.store.stamp(["general"])
        taken = (time.perf_counter() - started) * 1e6
        store = type(publisher.store).__name__
        yield stamp is not None and not found["degraded"], f"Generations: {store}, read in {taken:,.0f} µs."
        yield from self._shared(found)
        outbox = found["outbox"]
        yield (
            outbox == 0,
            "The outbox cannot be read; run migrate." if outbox is None else f"The outbox has {outbox} rows.",
        )
        labels = sorted(watched_labels())
        yield bool(labels), f"{len(labels)} models are watched: {', '.join(labels)}."
        yield from self._processes()

    def _directory(self) -> Iterator[tuple[bool, str]]:
        path = cache_manager.config.directory
        if path is None:
            yield False, "DIRECTORY is not set: counts, history and log are kept in this process only."
            return
        usable = path.is_dir() and os.access(path, os.R_OK | os.W_OK | os.X_OK)
        yield usable, f"{path} can be used." if usable else f"{path} cannot be read and written."
        if usable:
            mode = path.stat().st_mode & 0o022
            yield not mode, f"{path} is not writable by others." if not mode else f"{path} is writable by others."
            probe = path / "doctor.probe"
            probe.touch()
            ahead = abs(probe.stat().st_mtime - time.time())
            probe.unlink()
            yield ahead < _CLOCK_SECONDS, f"The clock and that of the folder differ by {ahead:.2f} s."

    def _shared(self, found: dict[str, Any]) -> Iterator[tuple[bool, str]]:
        shared = cache_manager.runtime.opened().shared
        if shared is None:
            yield True, "There is no shared tier: each process holds its own values."
            return
        started = time.perf_counter()
        general = cache_manager.type_entries("general").declared
        shared.get_entries(general, ["doctor:probe"], cache_manager.runtime.clock())
        taken = (time.perf_counter() - started) * 1000
        yield (
            not found["breaker_open"] and not shared.is_open,
            f"Shared tier {shared.alias!r}: {taken:.2f} ms a round trip.",
        )

    def _processes(self) -> Iterator[tuple[bool, str]]:
        replies = ask_all(cache_manager.config.directory, "who")
        yield True, f"{len(replies)} processes of this host serve requests."
        for reply in replies:
            answer = reply.answer
            fine = answer is not None and answer.get("state") == "enabled"
            said = (
                f"{answer.get('state', answer.get('error'))}, {answer.get('entries', 0):,} entries"
                if answer
                else "no answer"
            )
            yield fine, f"Process {reply.pid}: {said}."
