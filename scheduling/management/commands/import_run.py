"""manage.py import_run RUN: imports an upload of the admin in this process, and prints what it did."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console

from scheduling.imports.background.worker import run_import
from scheduling.imports.engine.problems import FileError
from scheduling.imports.undo_runs import run_by
from scheduling.management.commands.import_csv import UNUSABLE, WIDTH_OF_A_PIPE, problems_table, refusal, summary_table
from scheduling.models import ImportRun

Outcome = ImportRun.Outcome
STOPPED = {
    Outcome.CANCELLED: "The import was cancelled. Nothing was imported.",
    Outcome.INTERRUPTED: "The import was interrupted, or another process has it by now.",
}


class Command(BaseCommand):
    help = (
        "Import an upload of the admin that waits for its confirmation, or whose import was interrupted or cancelled. "
        "The admin starts this command for long imports."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("run", metavar="RUN", help="The number of the import, or its first eight digits.")
        # How the admin hands down a run that it has taken already.
        parser.add_argument("--lease", default="", help="The lease under which the caller has taken the run.")
        parser.add_argument("--lock", type=int, help="The descriptor of the lock on the run that the caller holds.")

    def handle(self, *, run: str, lease: str, lock: int | None, **options: Any) -> None:
        try:
            key = run_by(run)
            ended = run_import(key, lease=lease, handed=lock)
        except FileError as error:
            raise CommandError(str(error), returncode=UNUSABLE) from error
        result = ended.result
        if result is None:
            raise CommandError(STOPPED[Outcome(ended.outcome)])
        if result.sentences:
            raise CommandError(" ".join(result.sentences), returncode=UNUSABLE)
        out = Console(file=self.stdout, width=None if self.stdout.isatty() else WIDTH_OF_A_PIPE)  # type: ignore[arg-type]
        out.print(f"{key}{'' if result.saved else ': nothing saved'}", highlight=False, style="bold")
        out.print(summary_table(result))
        for note in (*result.notes, *result.warning_notes):
            out.print(note, highlight=False, markup=False)
        if result.problems:
            out.print(problems_table(result.problems))
            raise CommandError(refusal(result, None, valid_only=False))
