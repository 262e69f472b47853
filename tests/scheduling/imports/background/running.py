"""Uploads that are imported outside of a request, and processes that do so."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.test import Client
from django.urls import reverse

from scheduling.models import ImportRun
from tests.processes import Child, database_url
from tests.scheduling.imports.test_pages import upload
from tests.waiting import wait_until

COLUMNS = "email,employee_number,first_name,last_name,department"


def people(number: int) -> bytes:
    """Return a file of people in the department KIT."""
    return "\n".join([COLUMNS, *(f"p{n}@example.com,{n},P,Q,KIT" for n in range(number))]).encode()


def uploaded(client: Client, data: bytes) -> tuple[ImportRun, Any]:
    """Upload people; return the run that waits, and the page of the preview."""
    preview = upload(client, data)
    return ImportRun.objects.get(outcome="previewed"), preview


def page_of(run: ImportRun) -> str:
    return reverse("admin:scheduling_importrun_change", args=[run.pk])


def cancel_url(run: ImportRun) -> str:
    return reverse("admin:scheduling_importrun_cancel", args=[run.pk])


@contextmanager
def processes_of_ours() -> Iterator[None]:
    """Let the processes that a test starts find its database, and wait for the threads that wait for them."""
    before = os.environ.get("DATABASE_URL")
    os.environ["DATABASE_URL"] = database_url()
    try:
        yield
    finally:
        for thread in threading.enumerate():
            if thread.name.startswith("import "):
                thread.join(60)
        if before is None:
            del os.environ["DATABASE_URL"]
        else:
            os.environ["DATABASE_URL"] = before


_HELD = """
import time
from pathlib import Path
from uuid import UUID
from django.db import connection
from scheduling.imports.background import reports
from scheduling.imports.background.worker import run_import

reports.BEAT_SECONDS = 0.05

def hold(execute, sql, params, many, context):
    if sql.startswith({before!r}):
        wait()
    answer = execute(sql, params, many, context)
    if sql.startswith({after!r}):
        wait()
    return answer

def wait():
    Path({reached!r}).touch()
    while not Path({go!r}).exists():
        time.sleep(0.01)

connection.execute_wrappers.append(hold)
"""


class HeldImport:
    """An import in another process, which stops after it has written its rows and before its transaction ends.

    With `before` it stops before it sends the statement that begins like this instead.
    """

    def __init__(self, child: Child, run: ImportRun, folder: Path, before: str = "") -> None:
        self.child = child
        self._reached, self._go = folder / "reached", folder / "go"
        words = {"before": before or "no", "after": "no" if before else 'INSERT INTO "scheduling_employee"'}
        child.run(_HELD.format(reached=str(self._reached), go=str(self._go), **words))
        child.send(f"run_import(UUID({str(run.pk)!r})).outcome")
        wait_until(self._reached.exists)

    def go_on(self) -> Any:
        """Let it end; return the outcome."""
        self._go.touch()
        return self.child.receive()
