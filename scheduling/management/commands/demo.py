"""manage.py demo: set a checkout up, and see in a minute what the cache and the import do. `make demo` calls it."""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rich.console import Console
from rich.table import Table

from caching import caching_disabled
from scheduling.imports.engine.files import read_path
from scheduling.imports.engine.results import ImportResult
from scheduling.imports.kinds import KINDS
from scheduling.models import Department, Employee, Schedule, ScheduleAssignment
from scheduling.samples import SAMPLES_DIR
from scheduling.samples.weeks import PLAN, is_over, moved, this_monday

USER = "admin"
PASSWORD_FILE = "demo-password"  # noqa: S105 (the name of a file)
MONDAY_FILE = "demo-monday"
HITS, MISSES = 20_000, 200
WIDTH_OF_A_PIPE = 100

# What the second process runs: it changes a role, and ends when the change is committed.
CHANGE_A_ROLE = """
import os, sys, django
django.setup()
from scheduling.models import Employee
employee = Employee.objects.get(email=sys.argv[1])
employee.role = f"{employee.role}, says process {os.getpid()}"
employee.save()
"""


class Command(BaseCommand):
    help = "Set up, import the sample files, and show what the import and the cache do. Existing data are kept."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--rows", type=int, default=1000, help="How many rows to time the imports with.")

    def handle(self, *, rows: int, **options: Any) -> None:
        colour: dict[str, Any] = {"no_color": True} if options.get("no_color") else {}
        width = None if self.stdout.isatty() else WIDTH_OF_A_PIPE
        self.console = Console(file=self.stdout, width=width, **colour)  # type: ignore[arg-type]
        write_environment(settings.VAR_DIR / "env")
        call_command("migrate", verbosity=0)
        self.import_samples()
        self.compare_imports(rows)
        self.compare_reads()
        self.change_from_another_process()
        self.title("What the cache did in these seconds: manage.py cache stats")
        call_command("cache", "stats", stdout=self.stdout)
        self.invite(create_user(settings.VAR_DIR / PASSWORD_FILE))

    def title(self, text: str) -> None:
        self.console.print(f"\n{text}", style="bold", markup=False, highlight=False)

    def import_samples(self) -> None:
        """Import every sample file into the database of this checkout, with a plan for the present week."""
        remembered = settings.VAR_DIR / MONDAY_FILE
        monday = first_monday(remembered)
        is_planned = Schedule.objects.filter(week_start=monday).exists()
        self.title(f"The sample files, imported into {settings.DATABASES['default']['NAME']}")
        table = _table("file", "new", "updated", "unchanged", "queries", "seconds")
        kept = []
        for kind, resource in KINDS.items():
            file = SAMPLES_DIR / f"{kind}.csv"
            result = resource().import_data(moved(kind, read_path(file), monday), file_name=file.name)
            if not result.saved:
                # A plan that somebody has published or changed since refuses the file's rows, and is worth keeping.
                if not (is_planned and kind in PLAN):
                    raise CommandError(_refusal(file.name, result))
                kept.append(file.name)
                continue
            counts = (result.new, result.updated, result.unchanged, result.queries)
            table.add_row(file.name, *(f"{count:,}" for count in counts), f"{result.seconds:.2f}")
        remembered.write_text(f"{monday}\n", encoding="utf-8")
        self.console.print(table)
        self.console.print(f"The plan begins on {monday}.", highlight=False)
        if kept:
            self.console.print(
                f"Not imported, because somebody has changed this plan since: {', '.join(kept)}.", highlight=False
            )

    def compare_imports(self, rows: int) -> None:
        """Time the import beside the stock resource of django-import-export, in a database of its own."""
        self.title(f"The first {rows:,} assignments, imported into an empty scratch database")
        command = [sys.executable, "-m", "benchmarks.sample_import", "--rows", str(rows)]
        done = subprocess.run(  # noqa: S603 (our own module)
            command, cwd=_root(), stdout=subprocess.PIPE, text=True, check=False
        )
        if done.returncode:
            raise CommandError("The import could not be timed; the reason is above.")
        figures = json.loads(done.stdout)
        table = _table("rows per second", "new", "the same file again")
        for name, prefix in (("stock ModelResource", "stock"), ("this import", "ours")):
            table.add_row(
                name, f"{figures[f'{prefix}_rows_per_s']:,.0f}", f"{figures[f'{prefix}_again_rows_per_s']:,.0f}"
            )
        faster = [figures[f"ours_{what}"] / figures[f"stock_{what}"] for what in ("rows_per_s", "again_rows_per_s")]
        table.add_row("", *(f"{times:,.0f} times" for times in faster), style="bold")
        self.console.print(table)

    def compare_reads(self) -> None:
        """Time reads of the cache beside the same reads of the database."""
        self.title("A read, in microseconds")
        email = str(Employee.objects.exclude(email=None).values_list("email", flat=True)[0])
        department = Department.objects.values_list("pk", flat=True)[0]
        schedule = Schedule.objects.filter(assignments__isnull=False).values_list("pk", flat=True)[0]
        reads: dict[str, Callable[[], Any]] = {
            "Employee.objects.get_by_email(…)": lambda: Employee.objects.get_by_email(email),
            "Department.objects.get_with_hierarchy(…)": lambda: Department.objects.get_with_hierarchy(department),
            "ScheduleAssignment.objects.for_schedule(…)": lambda: ScheduleAssignment.objects.for_schedule(schedule),
        }
        table = _table("read", "database", "cache", "faster")
        for name, read in reads.items():
            with caching_disabled():
                uncached = microseconds(read, MISSES)
            cached = microseconds(read, HITS)
            table.add_row(name, f"{uncached:,.0f}", f"{cached:,.1f}", f"{uncached / cached:,.0f} times")
        self.console.print(table)

    def change_from_another_process(self) -> None:
        """Let another process change a row that is cached here, and read it again."""
        self.title(f"A change by another process, as this one (process {os.getpid()}) sees it")
        employee = Employee.objects.exclude(email=None).order_by("pk")[0]
        email = str(employee.email)
        table = Table("step", "role", "queries here")
        table.add_row("read", *read_role(email))
        table.add_row("read again", *read_role(email))
        try:
            command = [sys.executable, "-c", CHANGE_A_ROLE, email]
            subprocess.run(command, cwd=_root(), check=True)  # noqa: S603 (our own source)
            table.add_row("another process has saved it; read again", *read_role(email))
            table.add_row("read again", *read_role(email))
        finally:
            Employee.objects.filter(pk=employee.pk).update(role=employee.role)
        table.add_row("this process has put it back; read again", *read_role(email))
        self.console.print(table)

    def invite(self, password: str | None) -> None:
        """Say where to go on."""
        self.title("Go on in the browser: make serve")
        table = Table(show_header=False)
        table.add_row("URL", f"http://127.0.0.1:{os.environ.get('PORT', '8000')}/admin/")
        table.add_row("user", USER)
        table.add_row("password", password or "as you have set it")
        self.console.print(table)


def first_monday(path: Path) -> datetime.date:
    """Return the Monday on which the plan begins: that of the last demo until its weeks are over, else this week's.

    So the rows of a second demo are those that are there already, in the next week too. The file has the Monday.
    """
    with contextlib.suppress(OSError, ValueError):
        monday = datetime.date.fromisoformat(path.read_text(encoding="utf-8").strip())
        if not is_over(monday) and Schedule.objects.filter(week_start=monday).exists():
            return monday
    return this_monday()


def write_environment(path: Path) -> None:
    """Write var/env with a SECRET_KEY of its own, for the web server; one that is there is kept."""
    if not path.exists():
        _write_privately(path, f"SECRET_KEY={secrets.token_urlsafe(50)}\n")


def create_user(path: Path) -> str | None:
    """Create the superuser with a generated password, kept in the file; return it, or None once it was changed."""
    users = get_user_model().objects
    user = users.filter(username=USER).first()
    if user is None:
        password = secrets.token_urlsafe(12)
        users.create_superuser(USER, password=password)
        path.unlink(missing_ok=True)
        _write_privately(path, f"{password}\n")
        return password
    password = path.read_text(encoding="utf-8").strip() if path.exists() else ""
    return password if password and user.check_password(password) else None


def _write_privately(path: Path, text: str) -> None:
    """Create a file that nobody else can ever read, not even in the moment before a chmod."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


def microseconds(read: Callable[[], object], times: int) -> float:
    """Return what a read takes, the first one left out."""
    read()
    started = time.perf_counter()
    for _ in range(times):
        read()
    return (time.perf_counter() - started) / times * 1e6


def read_role(email: str) -> tuple[str, str]:
    """Return the role of an employee, read through the cache, and how many queries that took."""
    with CaptureQueriesContext(connection) as queries:
        employee = Employee.objects.get_by_email(email)
    return employee.role if employee else "", str(len(queries))


def _refusal(file_name: str, result: ImportResult) -> str:
    reasons = result.sentences or [f"row {problem.row}: {problem.reason}" for problem in result.problems[:3]]
    return f"{file_name} cannot be imported into this database: {' '.join(reasons)}"


def _root() -> Path:
    return Path(settings.VAR_DIR).parent


def _table(first: str, *numbers: str) -> Table:
    table = Table(first)
    for heading in numbers:
        table.add_column(heading, justify="right")
    return table
