"""manage.py import_csv KIND FILE: imports a CSV or XLSX file, and prints what it did."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from scheduling.exports.formats import CSV, XLSX
from scheduling.imports.engine.bulk import Progress as Report
from scheduling.imports.engine.chosen_values import ChosenValues
from scheduling.imports.engine.files import ReadOptions, read_path
from scheduling.imports.engine.problems import FileError, Problem
from scheduling.imports.engine.recording import told_before
from scheduling.imports.engine.resource import FileResource
from scheduling.imports.engine.results import ImportResult
from scheduling.imports.kinds import KINDS
from scheduling.imports.undo_runs import run_by, undo_run

MAX_PROBLEMS = 20
UNUSABLE = 2
"""The code with which the command ends if a file cannot be used at all, and 1 if some of its rows cannot."""
FORMATS: dict[str, type[CSV] | type[XLSX]] = {".csv": CSV, ".xlsx": XLSX}
WIDTH_OF_A_PIPE = 120


class Command(BaseCommand):
    help = "Import a CSV or XLSX file: all of its rows, or none if one is wrong. The same file again changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", metavar="KIND", nargs="?", help=f"One of {', '.join(KINDS)}.")
        parser.add_argument("file", metavar="FILE", nargs="?", type=Path, help="A .csv, .xlsx or .ods file.")
        parser.add_argument("--dry-run", action="store_true", help="Check everything and save nothing.")
        parser.add_argument(
            "--date-order",
            choices=("dmy", "mdy"),
            help="What 11/05/2026 is, where the file itself does not show it: day first or month first.",
        )

        parser.add_argument(
            "--encoding",
            default="",
            metavar="NAME",
            help="The encoding of a CSV file, such as cp1252 or mac_roman. UTF-8 and UTF-16 are seen without it.",
        )
        parser.add_argument(
            "--sheet",
            default="",
            metavar="NAME",
            help="The sheet of a spreadsheet. Without it: the first visible one with the columns that are needed.",
        )
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="A=B",
            help="Read the column A of the file as the column B of the kind; without a B, leave it out. Repeatable.",
        )
        parser.add_argument(
            "--value",
            action="append",
            default=[],
            metavar="C:A=B",
            help="Read A in the column C of the kind as the stored B, in all rows: shift_name:Frueh=Early. May be "
            "repeated.",
        )
        parser.add_argument(
            "--valid-only",
            action="store_true",
            help="Import the valid rows and leave the others out, rather than nothing.",
        )
        parser.add_argument(
            "--rejected",
            type=Path,
            metavar="FILE",
            help="Write the rows that are refused to this .csv or .xlsx file, with a column of reasons, to be mended "
            "and imported.",
        )
        parser.add_argument(
            "--undo",
            metavar="RUN",
            help="Undo an import instead, by the number that it has printed, as far as nobody has touched its rows.",
        )

    def handle(self, *, kind: str | None, file: Path | None, undo: str | None, dry_run: bool, **options: Any) -> None:
        # rich reads the variable NO_COLOR itself.
        colour: dict[str, Any] = {"no_color": True} if options.get("no_color") else {}
        out = Console(file=self.stdout, width=None if self.stdout.isatty() else WIDTH_OF_A_PIPE, **colour)  # type: ignore[arg-type]
        if undo is not None:
            if kind is not None:
                raise CommandError("--undo takes the number of an import, and no KIND or FILE.", returncode=UNUSABLE)
            self._undo(out, undo, dry_run)
            return
        if kind is None or file is None:
            raise CommandError("Say what to import: KIND and FILE, or --undo RUN.", returncode=UNUSABLE)
        self._import(out, Console(stderr=True, **colour), _resource_class(kind), file, dry_run, **options)

    def _import(
        self, out: Console, messages: Console, kind: type[FileResource], file: Path, dry_run: bool, **options: Any
    ) -> None:
        if not file.is_file():
            raise CommandError(f"There is no file {file}.", returncode=UNUSABLE)
        rejected: Path | None = options["rejected"]
        _check_rejected(rejected, file)
        read = ReadOptions(encoding=options["encoding"], sheet=options["sheet"])
        resource = kind(
            date_order=options["date_order"],
            read_options=read,
            chosen=_chosen(options["map"]),
            values=_chosen_values(options["value"]),
        )
        try:
            dataset = read_path(file, resource.known_headers, read)
            before = told_before(kind.kind.name, dataset.data)
            with _progress(messages, kind, file, len(dataset)) as resource.progress:
                result = resource.import_data(
                    dataset,
                    dry_run=dry_run,
                    file_name=file.name,
                    collect_failed_rows=rejected is not None,
                    rollback_on_validation_errors=not options["valid_only"],
                )
        except FileError as error:
            raise CommandError(f"{file.name}: {error}", returncode=UNUSABLE) from error
        if result.sentences:
            raise CommandError(f"{file.name}: {' '.join(result.sentences)}", returncode=UNUSABLE)
        saved = "" if result.saved else ": nothing saved"
        out.print(f"{file.name} as {kind.kind.name}{saved}", highlight=False, markup=False, style="bold")
        out.print(summary_table(result))
        for note in (*before, *result.notes, *result.warning_notes):
            out.print(note, highlight=False, markup=False)
        if result.problems:
            out.print(problems_table(result.problems))
            raise CommandError(refusal(result, rejected, valid_only=options["valid_only"]))

    def _undo(self, out: Console, text: str, dry_run: bool) -> None:
        try:
            result = undo_run(run_by(text), dry_run=dry_run)
        except FileError as error:
            raise CommandError(str(error), returncode=UNUSABLE) from error
        out.print(f"undo of {text}{': nothing saved' if result.run is None else ''}", highlight=False, style="bold")
        out.print(result.summary, highlight=False, markup=False)
        for sentence in result.sentences[:MAX_PROBLEMS]:
            out.print(sentence, highlight=False, markup=False)
        if result.left:
            more = len(result.left) - MAX_PROBLEMS
            said = f"and {more:,} more. " if more > 0 else ""
            raise CommandError(f"{said}{len(result.left):,} of the rows are as they were before the undo.")


def _chosen(texts: list[str]) -> dict[str, str]:
    """Return our columns by the headers of the file, from texts such as "Mail=email"."""
    chosen = {}
    for text in texts:
        # A header may have a sign of equality in it, and our columns have none.
        header, _, column = text.rpartition("=")
        if not header.strip():
            raise CommandError(f"Write --map A=B for a column A of the file, not {text!r}.", returncode=UNUSABLE)
        chosen[header.strip()] = column.strip()
    return chosen


def _chosen_values(texts: list[str]) -> ChosenValues:
    """Return what values mean, from texts such as "shift_name:Frueh=Early"."""
    chosen: dict[str, dict[str, str]] = {}
    for text in texts:
        column, __, rest = text.partition(":")
        given, __, known = rest.rpartition("=")
        if not (column.strip() and given.strip() and known.strip()):
            raise CommandError(
                f"Write --value C:A=B for a value A in the column C that means the stored B, not {text!r}.",
                returncode=UNUSABLE,
            )
        chosen.setdefault(column.strip(), {})[given.strip()] = known.strip()
    return ChosenValues(known=chosen)


def _check_rejected(rejected: Path | None, file: Path) -> None:
    if rejected is None:
        return
    if rejected.suffix.lower() not in FORMATS:
        raise CommandError(f"--rejected writes a .csv or .xlsx file, not {rejected.name}.", returncode=UNUSABLE)
    if not rejected.resolve().parent.is_dir():
        raise CommandError(f"There is no folder {rejected.parent}.", returncode=UNUSABLE)
    if rejected.resolve() == file.resolve():
        raise CommandError("--rejected would write over the file that is imported.", returncode=UNUSABLE)


def _resource_class(kind: str) -> type[FileResource]:
    try:
        return KINDS[kind]
    except KeyError:
        nearest = get_close_matches(kind, KINDS, n=len(KINDS), cutoff=0.5)
        known = ", ".join([*nearest, *(other for other in KINDS if other not in nearest)])
        raise CommandError(f"Unknown kind of import {kind!r}. Known kinds: {known}.", returncode=UNUSABLE) from None


@contextmanager
def _progress(console: Console, resource_class: type[FileResource], file: Path, rows: int) -> Iterator[Report]:
    """Show a progress bar with the time left on a terminal, and one line elsewhere."""
    title = f"Importing {rows:,} {resource_class.kind.name} from {file.name}"
    if not console.is_terminal:
        console.print(f"{title} …", highlight=False, markup=False)
        yield lambda done: None
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(title, total=rows)
        yield lambda done: bar.advance(task, done)


def summary_table(result: ImportResult) -> Table:
    table = Table(show_header=False)
    table.add_column(style="bold")
    table.add_column(justify="right")
    table.add_row("new", f"{result.new:,}")
    table.add_row("updated", f"{result.updated:,}")
    table.add_row("unchanged", f"{result.unchanged:,}")
    table.add_row("errors", f"{result.refused:,}", style="red" if result.refused else None)
    table.add_row("duration", f"{result.seconds:.2f} s")
    table.add_row("rows/s", f"{result.total_rows / result.seconds:,.0f}" if result.seconds else "")
    if result.run is not None:
        table.add_row("run", str(result.run))
    table.add_row("queries", f"{result.queries:,}")
    for tier in ("batch", "local", "shared", "database", "missing"):
        table.add_row(f"look-ups: {tier}", f"{result.lookups[tier]:,}")
    for header, column in result.mapping.items():
        if header != column:
            table.add_row(f"column {header}", column)
    return table


def problems_table(problems: list[Problem]) -> Table:
    more = len(problems) - MAX_PROBLEMS
    table = Table(title="Errors", title_justify="left", caption=f"and {more:,} more" if more > 0 else None)
    table.add_column("row", justify="right")
    for heading in ("column", "value", "reason"):
        table.add_column(heading, overflow="fold")
    for problem in problems[:MAX_PROBLEMS]:
        table.add_row(str(problem.row), *map(_literal, (problem.column, problem.value, problem.reason)))
    return table


def _literal(text: str) -> str:
    """Escape [brackets], which rich would read as markup."""
    return text.replace("[", r"\[")


def refusal(result: ImportResult, rejected: Path | None, *, valid_only: bool) -> str:
    verb = "is" if result.refused == 1 else "are"
    sentence = f"{result.refused:,} of {result.total_rows:,} rows {verb} wrong"
    sentence += ", and the others were imported." if result.saved else ", so nothing was saved."
    if valid_only and not result.saved:
        sentence = f"{result.refused:,} of {result.total_rows:,} rows {verb} wrong. Nothing was saved."
    if rejected is None:
        return f"{sentence} Correct the file and import it again."
    try:
        rejected.write_bytes(FORMATS[rejected.suffix.lower()]().export_data(result.failed_dataset))
    except (OSError, ValueError) as error:
        return f"{sentence} They could not be written to {rejected}: {error}."
    return f"{sentence} Correct them in {rejected} and import that."
