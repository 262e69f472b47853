"""From the confirmation to the process: a task where Django has a backend for it, or else a command of our own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import IO, Any
from uuid import UUID, uuid4

from django.db import connections, router
from django.utils import translation

from scheduling.imports.background import tasks
from scheduling.imports.background.signs import BEAT_SECONDS, Signs
from scheduling.imports.background.speed import is_long
from scheduling.imports.background.watching import note_death, signs_of
from scheduling.imports.background.worker import LANGUAGE, MAX_LOG, claim, held_by_another
from scheduling.imports.engine.problems import FileError
from scheduling.models import ImportRun

Outcome = ImportRun.Outcome


def starts_outside(key: UUID, user: Any, options: dict[str, Any]) -> bool:
    """Begin the import of a confirmed upload outside of the request, if it would take long there.

    False if it is to be imported in the request: a short one, or one for which there is no other process. `options` are
    those of the import, as the run keeps them.
    """
    # The valid rows of a file are imported also if it is refused as a whole.
    outcomes = ImportRun.WAITING if options.get("valid_only") else (Outcome.PREVIEWED,)
    run = ImportRun.objects.filter(pk=key, outcome__in=outcomes).defer("file", "changes").first()
    if run is None or not is_possible() or not is_long(run):
        return False
    # It may be left from an import that could not be started.
    kept = {name: value for name, value in run.options.items() if name != "valid_only"}
    options = {**kept, **options, LANGUAGE: translation.get_language()}
    return start(key, user=user, options=options)


def is_possible() -> bool:
    """Return whether another process would find the run, and whether we know how to start one."""
    connection = connections[router.db_for_write(ImportRun)]
    in_memory = connection.vendor == "sqlite" and connection.is_in_memory_db()  # type: ignore[attr-defined]
    # Inside a transaction, the row is not to be seen elsewhere.
    return not in_memory and not connection.in_atomic_block and (tasks.are_configured() or _command() is not None)


def start(key: UUID, **values: Any) -> bool:
    """Start the process, or queue the task, that imports the upload of a run. False if that is impossible."""
    signs = signs_of(key)
    if tasks.are_configured():
        claim(signs, "", only=ImportRun.WAITING, **values)
        try:
            tasks.enqueue(key)
        except BaseException:
            ImportRun.objects.filter(pk=key, outcome=Outcome.RUNNING, lease="").update(outcome=Outcome.PREVIEWED)
            raise
        return True
    lease = uuid4().hex
    if not signs.take(lease):
        raise FileError(held_by_another())
    try:
        claim(signs, lease, only=ImportRun.WAITING, **values)
        return _start_process(signs, lease)
    finally:
        # The child has inherited it.
        signs.give_up()


def _command() -> list[str] | None:
    """Return how manage.py is called, or None if there is none."""
    settings = sys.modules.get(os.environ.get("DJANGO_SETTINGS_MODULE", ""))
    if settings is None or settings.__file__ is None or not sys.executable:
        return None
    depth = settings.__name__.count(".") + 1
    manage = Path(settings.__file__).resolve().parents[depth - 1] / "manage.py"
    return [sys.executable, str(manage)] if manage.is_file() else None


def _start_process(signs: Signs, lease: str) -> bool:
    """Start `manage.py import_run`, with no socket, no connection and no terminal of ours."""
    command = _command()
    assert command is not None  # noqa: S101  # `is_possible` has asked.
    held = signs.inherited()
    options = [f"--lease={lease}", *(f"--lock={descriptor}" for descriptor in held)]
    # Without a name, so that nobody has to delete it.
    log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
    try:
        process = subprocess.Popen(  # noqa: S603
            [*command, "import_run", str(signs.key), *options],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=Path(command[1]).parent,
            pass_fds=held,
            start_new_session=True,
        )
    except OSError:
        log.close()
        ImportRun.objects.filter(pk=signs.key, lease=lease).update(outcome=Outcome.PREVIEWED, lease="")
        return False
    # Otherwise it would stay a zombie as long as this process lives.
    threading.Thread(
        target=_wait, args=(process, signs.key, lease, log), name=f"import {signs.key}", daemon=True
    ).start()
    return True


def _wait(process: subprocess.Popen[bytes], key: UUID, lease: str, log: IO[bytes]) -> None:
    """Wait for the end of the process. If it has failed or was killed, say so at once, with what it has printed."""
    try:
        with log:
            if _code_of(process, key, lease):
                log.seek(0)
                note_death(key, lease, log.read().decode(errors="replace")[-MAX_LOG:])
    finally:
        connections.close_all()


def _code_of(process: subprocess.Popen[bytes], key: UUID, lease: str) -> int:
    """Wait for the end of the process. Until it shows signs of its own, show that it is there: a host may be slow."""
    signs, has_begun = signs_of(key), False
    while True:
        try:
            return process.wait(None if has_begun else BEAT_SECONDS)
        except subprocess.TimeoutExpired:
            has_begun = not signs.vouch(lease)
