"""Who invalidated what: the last publications of each process of the host, in memory-mapped rings.

Each process writes to a ring of its own, so a publication costs two writes to memory and no lock. A process that is
killed leaves its ring behind, and readers merge the rings by time. A ring keeps the last 1,000 publications.
"""

import fcntl
import mmap
import os
import secrets
import struct
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count, cycle
from pathlib import Path

FOLDER_NAME = "publications"
SLOTS = 1000
_HEADER = struct.Struct("<Q248s")
_TEXT_BYTES = 476
_SLOT = struct.Struct(f"<QQdI{_TEXT_BYTES}sQ")
"""Number, nanoseconds since 1970, seconds, how many lines, the lines (causes, an empty one, tags), the number again."""
_pack_into, _time_ns = _SLOT.pack_into, time.time_ns
_FILE_BYTES = _HEADER.size + SLOTS * _SLOT.size
_MAX_DEAD = 16
_MAX_LINES = 60
"""There is never room for more."""


@dataclass(frozen=True, slots=True)
class Publication:
    """One invalidation: when, by which process, why, and of what."""

    at: datetime
    pid: int
    command: str
    cause: str
    tags: tuple[str, ...]
    """As many as there is room for."""
    all_tags: int
    """The number of tags, of which ``tags`` may be the first."""
    seconds: float
    """How long it took to publish."""


class InvalidationLog:
    """The ring of this process, which is created by its first publication.

    ``folder`` gives the folder of the rings of the host, None if nothing is to be logged; it is asked once.
    """

    def __init__(self, folder: Callable[[], Path | None]) -> None:
        self._folder = folder
        self._memory: mmap.mmap | None = None
        self._file: int | None = None
        self._opened = False
        self._places = _places()

    def write(self, tags: Iterable[str], causes: Iterable[str], seconds: float) -> None:
        """Add a publication; a listener of the publisher. If the ring cannot be created, nothing is logged."""
        if (memory := self._memory) is None and (memory := self._opening()) is None:
            return
        # Every write waits for this, so it is one text and one call, and readers do the rest. A reader that finds two
        # different numbers has met a slot that is being written.
        number, offset = next(self._places)
        lines = [*causes, "", *tags]
        text = "\n".join(lines if len(lines) <= _MAX_LINES else lines[:_MAX_LINES]).encode()
        _pack_into(memory, offset, number, _time_ns(), seconds, len(lines), text, number)

    def _opening(self) -> mmap.mmap | None:
        if not self._opened:
            self._open(self._folder())
        return self._memory

    def _open(self, folder: Path | None) -> None:
        self._opened = True
        if folder is None:
            return
        with suppress(OSError):
            folder.mkdir(mode=0o700, exist_ok=True)
            _drop_old(folder)
            path = folder / secrets.token_hex(8)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._file, fcntl.LOCK_EX)
            # Reserved now: on a full disk, a write to a page that has no room yet would kill the process.
            os.posix_fallocate(self._file, 0, _FILE_BYTES)
            memory = mmap.mmap(self._file, _FILE_BYTES, mmap.MAP_SHARED)
            _HEADER.pack_into(memory, 0, os.getpid(), _command().encode()[:248])
            self._memory = memory

    def forget(self) -> None:
        """Close the ring; its publications stay readable. The next one opens another: after a fork or new settings."""
        if self._file is not None:
            os.close(self._file)
        self._memory, self._file, self._opened = None, None, False
        self._places = _places()


def _places() -> Iterator[tuple[int, int]]:
    """Return the number and the offset of each publication; no Python code runs in between, so threads share it."""
    return zip(count(1), cycle(range(_HEADER.size, _FILE_BYTES, _SLOT.size)), strict=False)


def publications(folder: Path, most: int = SLOTS) -> list[Publication]:
    """Return the last publications of all processes of the host, newest first."""
    found: list[tuple[int, int, Publication]] = []
    for path in _rings(folder):
        with suppress(OSError):
            found += _read(path.read_bytes())
    # Two of one process may come within a microsecond, and then the number tells which was the later.
    return [one for _, _, one in sorted(found, key=lambda each: each[:2], reverse=True)[:most]]


def publications_of_host(directory: Path | None) -> list[Publication]:
    """Return the same for the directory of the cache; nothing if there is none."""
    return publications(directory / FOLDER_NAME) if directory else []


def _rings(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _read(content: bytes) -> Iterator[tuple[int, int, Publication]]:
    """Yield what a ring holds, each with its time in nanoseconds and its number."""
    if len(content) != _FILE_BYTES:
        return
    pid, command = _HEADER.unpack_from(content)
    for slot in range(SLOTS):
        number, at, seconds, lines, text, again = _SLOT.unpack_from(content, _HEADER.size + slot * _SLOT.size)
        if number == again and number and (number - 1) % SLOTS == slot:
            text = text.rstrip(b"\0")
            found = text.decode(errors="ignore").split("\n")
            if len(found) < lines or len(text) == _TEXT_BYTES:
                # The last one may have been cut.
                found.pop()
            causes = found.index("") if "" in found else len(found)
            publication = Publication(
                at=datetime.fromtimestamp(at / 1e9, UTC),
                pid=pid,
                command=_text(command),
                cause=" ".join(sorted(found[:causes])),
                tags=tuple(found[causes + 1 :]),
                all_tags=lines - causes - 1,
                seconds=seconds,
            )
            yield at, number, publication


def _text(content: bytes) -> str:
    return content.rstrip(b"\0").decode(errors="ignore")


def _command() -> str:
    """Return how this process was started, without the folders of its programs."""
    first, *rest = sys.argv or [""]
    return " ".join([os.path.basename(first) or "python", *rest[:3]])


def _drop_old(folder: Path) -> None:
    """Delete the rings of processes that have ended, but for the newest ones."""
    dead = []
    for path in _rings(folder):
        with suppress(OSError):
            file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                dead.append((path.stat().st_mtime, path))
            except BlockingIOError:
                continue
            finally:
                os.close(file)
    for _, path in sorted(dead)[:-_MAX_DEAD]:
        path.unlink(missing_ok=True)
