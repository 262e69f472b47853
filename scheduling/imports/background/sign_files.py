"""Signs of a run in files beside the database, for SQLite, where the import holds the one lock for writing."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.db import connections

from scheduling.imports.background.signs import Heard, Seen, Signs
from scheduling.models import ImportRun

# Whoever looks holds the lock for a moment, too.
_TRIES, _PAUSE_SECONDS = 20, 0.01


class FileSigns(Signs):
    """A lock that dies with its process, what the process says about itself, and a file that asks it to stop."""

    is_shared = False

    def __init__(self, key: Any) -> None:
        super().__init__(key)
        self._folder = Path(f"{connections[self.using].settings_dict['NAME']}-imports")
        self._held: int | None = None

    def _path(self, suffix: str) -> Path:
        return self._folder / f"{self.key.hex}.{suffix}"

    def take(self, lease: str, handed: int | None = None) -> bool:
        if handed is not None:
            # The lock belongs to what was opened, so it came with the descriptor and was never free in between.
            self._held = handed
            return True
        self._folder.mkdir(mode=0o700, exist_ok=True)
        for _ in range(_TRIES):
            descriptor = os.open(self._path("lock"), os.O_RDWR | os.O_CREAT, 0o600)
            if _lock(descriptor, fcntl.LOCK_EX) and self._is_current(descriptor):
                self._held = descriptor
                self._path("stop").unlink(missing_ok=True)
                self._path("json").unlink(missing_ok=True)
                return True
            os.close(descriptor)
            time.sleep(_PAUSE_SECONDS)
        return False

    def _is_current(self, descriptor: int) -> bool:
        """Whether the file that was opened is still the one that others would open."""
        try:
            return os.path.samestat(os.fstat(descriptor), self._path("lock").stat())
        except FileNotFoundError:
            return False

    def inherited(self) -> tuple[int, ...]:
        return () if self._held is None else (self._held,)

    def give_up(self) -> None:
        if self._held is not None:
            os.close(self._held)
            self._held = None

    def beat(self, lease: str, progress: Mapping[str, Any]) -> Heard:
        new = self._path("new")
        new.write_text(json.dumps(progress))
        new.replace(self._path("json"))
        return Heard(is_holder=True, stopped_by=self._stopped_by())

    def vouch(self, lease: str) -> bool:
        """Do nothing: the process has the lock."""
        return False

    def look(self, run: ImportRun) -> Seen:
        progress, silent_seconds = {}, 0.0
        with contextlib.suppress(FileNotFoundError):
            # Before the first sign, the run was started a moment ago.
            progress = json.loads(self._path("json").read_text())
            silent_seconds = max(0.0, time.time() - self._path("json").stat().st_mtime)
        return Seen(
            alive=self._is_held(),
            silent_seconds=silent_seconds,
            progress=progress,
            is_stopping=self._stopped_by() is not None,
        )

    def _is_held(self) -> bool:
        try:
            descriptor = os.open(self._path("lock"), os.O_RDWR)
        except FileNotFoundError:
            return False
        try:
            return not _lock(descriptor, fcntl.LOCK_SH)
        finally:
            os.close(descriptor)

    def ask_to_stop(self, user: Any) -> bool:
        with contextlib.suppress(FileNotFoundError):  # Nothing has run here.
            self._path("stop").write_text(str(user.pk))
        # Whoever ends a run removes the lock before he looks who wants to stop it, so one of both sees the other.
        if self._is_held():
            return True
        self._path("stop").unlink(missing_ok=True)
        return False

    def _stopped_by(self) -> int | None:
        with contextlib.suppress(FileNotFoundError, ValueError):  # ValueError: it is being written.
            return int(self._path("stop").read_text())
        return None

    def clear(self) -> int | None:
        self._path("lock").unlink(missing_ok=True)
        user = self._stopped_by()
        for suffix in ("stop", "json", "new"):
            self._path(suffix).unlink(missing_ok=True)
        return user


def _lock(descriptor: int, how: int) -> bool:
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
            raise
        return False
    return True
