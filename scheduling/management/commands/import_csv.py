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

from scheduling.imports.engine.bulk import Progress as Report
from scheduling.imports.engine.files import ReadOptions, read_path
from scheduling.imports.engine.problems import FileError, Problem
from scheduling.imports.engine.resource import FileResource
from scheduling.imports.engine.results import ImportResult
from scheduling.imports.kinds import KINDS

MAX_PROBLEMS = 20
USAGE = 2
WIDTH_OF_A_PIPE = 120


class Command(BaseCommand):
    help = "Import a CSV or XLSX file: all of its rows, or none if one is wrong. The same file again changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", metavar="KIND", help=f"One of {', '.join(KINDS)}.")
        parser.add_argument("file", metavar="FILE", type=Path, help="A .csv, .xlsx or .ods file.")
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

    def handle(self, *, kind: str, file: Path, dry_run: bool, date_order: Any, **options: Any) -> None:
        resource_class = _resource_class(kind)
        if not file.is_file():
            raise CommandError(f"There is no file {file}.", returncode=USAGE)
        # rich reads the variable NO_COLOR itself.
        colour: dict[str, Any] = {"no_color": True} if options.get("no_color") else {}
        out = Console(file=self.stdout, width=None if self.stdout.isatty() else WIDTH_OF_A_PIPE, **colour)  # type: ignore[arg-type]
        messages = Console(stderr=True, **colour)
        try:
            read_options = ReadOptions(encoding=options["encoding"], sheet=options["sheet"])
            dataset = read_path(file, resource_class.kind.known_headers, read_options)
            with _progress(messages, resource_class, file, len(dataset)) as report:
                resource = resource_class(date_order=date_order, progress=report)
                result = resource.import_data(dataset, dry_run=dry_run, file_name=file.name)
        except FileError as error:
            raise CommandError(f"{file.name}: {error}") from error
        if result.sentences:
            raise CommandError(f"{file.name}: {' '.join(result.sentences)}")
        saved = "" if result.saved else ": nothing saved"
        out.print(f"{file.name} as {resource_class.kind.name}{saved}", highlight=False, markup=False, style="bold")
        out.print(_summary(result))
        for note in (*result.notes, *result.warning_notes):
            out.print(note, highlight=False, markup=False)
        if result.problems:
            out.print(_problems(result.problems))
            raise CommandError(_refusal(result))


def _resource_class(kind: str) -> type[FileResource]:
    try:
        return KINDS[kind]
    except KeyError:
        nearest = get_close_matches(kind, KINDS, n=len(KINDS), cutoff=0.5)
        known = ", ".join([*nearest, *(other for other in KINDS if other not in nearest)])
        raise CommandError(f"Unknown kind of import {kind!r}. Known kinds: {known}.", returncode=USAGE) from None


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


def _summary(result: ImportResult) -> Table:
    table = Table(show_header=False)
    table.add_column(style="bold")
    table.add_column(justify="right")
    table.add_row("new", f"{result.new:,}")
    table.add_row("updated", f"{result.updated:,}")
    table.add_row("unchanged", f"{result.unchanged:,}")
    table.add_row("errors", f"{result.refused:,}", style="red" if result.refused else None)
    table.add_row("duration", f"{result.seconds:.2f} s")
    table.add_row("rows/s", f"{result.total_rows / result.seconds:,.0f}" if result.seconds else "")
    table.add_row("queries", f"{result.queries:,}")
    for tier in ("batch", "local", "shared", "database", "missing"):
        table.add_row(f"look-ups: {tier}", f"{result.lookups[tier]:,}")
    for header, column in result.mapping.items():
        if header != column:
            table.add_row(f"column {header}", column)
    return table


def _problems(problems: list[Problem]) -> Table:
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


def _refusal(result: ImportResult) -> str:
    verb = "is" if result.refused == 1 else "are"
    rows = f"{result.refused:,} of {result.total_rows:,} rows"
    return f"{rows} {verb} wrong, so nothing was saved. Correct the file and import it again."
