"""Counts per cache type and kind: exact under threads, readable from every process of the host.

Each process counts in its own small memory-mapped file, ``counts/<token>`` beside the generations, and holds a lock on
it while it lives. So recording is one addition in memory, a killed process loses no counts, and a reader adds up the
files. When there are many files of dead processes, they are folded into one. Where no file can be made, for example on
a full disk, a process counts in memory of its own and logs one WARNING.

At every moment, each count is in exactly one valid file: the file with the sums lists the files that it replaces. They
become invalid when it is renamed into place, whether or not they have been deleted yet.
"""

import fcntl
import logging
import mmap
import os
import re
import secrets
import time
from array import array
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from .stats import COUNTERS, ENTRIES, CacheStats

logger = logging.getLogger("caching")

_NAME_BYTES = 64
_ROW_BYTES = _NAME_BYTES + 8 * len(COUNTERS)
_ROWS = 128
_FILE_BYTES = _ROW_BYTES * _ROWS
_NAMES = re.compile(rb"[0-9a-f ]*")
_OTHER = "general/(other)"
_MAX_DEAD_FILES = 64
_TOKEN_BYTES = 8
_UNFINISHED_SECONDS = 60
FOLDER_NAME = "counts"


class StatsRecorder:
    """The counts of this process. Callers add to ``view[row + COUNTER]`` under the lock of their cache type."""

    def __init__(self, directory: Path | None) -> None:
        self._folder = directory / FOLDER_NAME if directory else None
        self._file: int | None = None
        self._rows: dict[str, int] = {}
        self._memory, self.persistent = self._open()
        self.view = memoryview(self._memory).cast("Q")

    def _open(self) -> tuple[mmap.mmap, bool]:
        if self._folder is not None:
            try:
                return self._open_file(self._folder), True
            except OSError as error:
                self.close()
                logger.warning(
                    "No counts can be kept in %s (%s): this process counts for itself, and its counts end with it.",
                    self._folder,
                    error.strerror,
                )
        return mmap.mmap(-1, _FILE_BYTES), False

    def _open_file(self, folder: Path) -> mmap.mmap:
        folder.mkdir(mode=0o700, exist_ok=True)
        path = folder / f"{secrets.token_hex(_TOKEN_BYTES)}.new"
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX)
            # Allocate the whole file. A hole would kill the process that counts there when the disk is full.
            os.posix_fallocate(self._file, 0, _FILE_BYTES)
            memory = mmap.mmap(self._file, _FILE_BYTES, mmap.MAP_SHARED)
            # Give it its name only now: the process of a file without a lock is considered dead.
            path.rename(path.with_suffix(""))
        except OSError:
            path.unlink(missing_ok=True)
            raise
        _fold_now_and_then(folder)
        return memory

    def close(self) -> None:
        """Close the file. Its counts remain, as those of a process that has ended."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def row(self, type_name: str, kind: str = "") -> int:
        """Return the position in ``view`` of the counts of a kind. The caller must prevent concurrent calls."""
        name = f"{type_name}/{kind}"
        if name not in self._rows and len(self._rows) >= _ROWS - 1:
            name = _OTHER
        if name not in self._rows:
            number = len(self._rows)
            self._rows[name] = number * _ROW_BYTES // 8 + _NAME_BYTES // 8
            # Cut between characters, so that other processes can decode the name.
            label = name.encode()[: _NAME_BYTES - 1].decode(errors="ignore").encode()
            self._memory[number * _ROW_BYTES : number * _ROW_BYTES + len(label)] = label
        return self._rows[name]

    def reset(self, type_name: str) -> None:
        """Reset the counts of a type to zero, except entries (a gauge). The caller must hold the lock of the type."""
        for name, row in tuple(self._rows.items()):
            if name.startswith(f"{type_name}/"):
                for position in range(len(COUNTERS)):
                    if position != ENTRIES:
                        self.view[row + position] = 0

    def forget_the_dead(self) -> None:
        """Drop the counts of the processes of the host that have ended."""
        if self._folder is None or not self.persistent:
            return
        with _folder_lock(self._folder, fcntl.LOCK_EX):
            files, replaced = _read_files(self._folder)
            # First what was replaced: it counts again as soon as the file is gone that says so.
            for path in (*map(self._folder.joinpath, replaced), *(found.path for found in files if not found.lives)):
                path.unlink(missing_ok=True)

    def snapshot(self) -> dict[str, CacheStats]:
        """Return the counts of this process by "type/kind"."""
        return _parse(bytes(self._memory))

    def snapshot_of_host(self) -> tuple[dict[str, CacheStats], int]:
        """Return the counts of all processes by "type/kind", and the number of processes that are alive."""
        if self._folder is None or not self.persistent:
            return self.snapshot(), 1
        with _folder_lock(self._folder, fcntl.LOCK_SH):
            files, _ = _read_files(self._folder)
        total: defaultdict[str, CacheStats] = defaultdict(CacheStats)
        for found in files:
            for name, stats in _parse(found.content).items():
                total[name] += stats if found.lives else _without_entries(stats)
        living = sum(found.lives for found in files)
        if len(files) - living > _MAX_DEAD_FILES:
            _fold_if_possible(self._folder)
        return dict(total), living


@dataclass(frozen=True, slots=True)
class _CountsFile:
    path: Path
    content: bytes
    lives: bool
    """Whether its process was alive just before its counts were read."""


@contextmanager
def _folder_lock(folder: Path, operation: int) -> Iterator[None]:
    """Hold the lock of the folder: shared to add up files, exclusive to replace files."""
    lock = os.open(folder / "fold.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, operation)
        yield
    finally:
        os.close(lock)


def _read_files(folder: Path) -> tuple[list[_CountsFile], set[str]]:
    """Return the valid files, and the names of replaced ones. The caller must hold the lock of the folder."""
    found: list[_CountsFile] = []
    replaced: set[str] = set()
    for path in sorted(folder.iterdir()):
        if path.suffix:
            continue
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            # Before its counts are read: a process that ends in between has counted on meanwhile.
            lives = _is_locked(file)
            content = os.pread(file, os.fstat(file).st_size, 0)
            if len(content) >= _FILE_BYTES and _NAMES.fullmatch(content, _FILE_BYTES):
                found.append(_CountsFile(path, content[:_FILE_BYTES], lives))
                replaced.update(content[_FILE_BYTES:].decode().split())
        finally:
            os.close(file)
    return [one for one in found if one.path.name not in replaced], replaced


def _is_locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


def _without_entries(stats: CacheStats) -> CacheStats:
    return CacheStats(counts=MappingProxyType({**stats.counts, "entries": 0}))


def _parse(content: bytes) -> dict[str, CacheStats]:
    found = {}
    for start in range(0, len(content) - _ROW_BYTES + 1, _ROW_BYTES):
        name = content[start : start + _NAME_BYTES].rstrip(b"\0").decode()
        if not name:
            break
        numbers = memoryview(content)[start + _NAME_BYTES : start + _ROW_BYTES].cast("Q")
        found[name] = CacheStats(counts=MappingProxyType(dict(zip(COUNTERS, numbers, strict=True))))
    return found


def _fold_now_and_then(folder: Path) -> None:
    """Fold now and then at start-up: there may be many short processes, and nothing that asks for the sums."""
    if len(os.listdir(folder)) % _MAX_DEAD_FILES == 0:
        _fold_if_possible(folder, fcntl.LOCK_NB)


def _fold_if_possible(folder: Path, operation: int = 0) -> None:
    # Another process is folding, the disk is full, or it is forbidden here: counts are just as exact in many files.
    with suppress(OSError):
        _fold(folder, operation)


def _fold(folder: Path, operation: int = 0) -> None:
    """Replace the files of dead processes by one file with their sums."""
    with _folder_lock(folder, fcntl.LOCK_EX | operation):
        files, replaced = _read_files(folder)
        totals: defaultdict[str, CacheStats] = defaultdict(CacheStats)
        dead = [found for found in files if not found.lives]
        for found in dead:
            for name, stats in _parse(found.content).items():
                totals[name] += _without_entries(stats)
        # Include files that a killed process has replaced but not deleted.
        gone = [found.path for found in dead] + [folder / name for name in replaced if (folder / name).exists()]
        fresh = folder / f"{secrets.token_hex(_TOKEN_BYTES)}.new"
        try:
            fresh.write_bytes(_format(totals) + " ".join(path.name for path in gone).encode())
        except OSError:
            fresh.unlink(missing_ok=True)
            raise
        fresh.rename(fresh.with_suffix(""))
        for path in (*gone, *_unfinished(folder)):
            path.unlink(missing_ok=True)


def _unfinished(folder: Path) -> Iterator[Path]:
    """Yield unfinished files left by processes that were killed while creating them."""
    oldest = time.time() - _UNFINISHED_SECONDS
    for path in folder.glob("*.new"):
        # If it is gone, it has been renamed to its final name.
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < oldest:
                yield path


def _format(totals: Mapping[str, CacheStats]) -> bytes:
    content = bytearray(_FILE_BYTES)
    kept: defaultdict[str, CacheStats] = defaultdict(CacheStats)
    for name, stats in totals.items():
        kept[name if name in kept or len(kept) < _ROWS - 1 else _OTHER] += stats
    for number, (name, stats) in enumerate(kept.items()):
        start = number * _ROW_BYTES
        content[start : start + _NAME_BYTES] = name.encode().ljust(_NAME_BYTES, b"\0")
        numbers = array("Q", (stats[counter] for counter in COUNTERS))
        content[start + _NAME_BYTES : start + _ROW_BYTES] = numbers.tobytes()
    return bytes(content)
