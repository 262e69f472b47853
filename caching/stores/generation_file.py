"""The file of generations: its layout, and how it is created and opened.

The file has a header of 4,096 bytes (a magic number, an identity, the boot id, and in its last eight bytes the epoch),
then an array of 65,536 generations of eight bytes, then six arrays of the same length that describe the intents on each
slot: the count, the deadline and the closing time of a first and of a second group (see shared_memory.py).
"""

import errno
import fcntl
import os
import sys
from collections.abc import Collection
from pathlib import Path
from zlib import crc32

from ..keys import is_of_few

SLOTS = 1 << 16
PENDING = 1 << 63
GENERATION_MASK = PENDING - 1
PRIME = 65_521
"""The largest prime below SLOTS. CRC-32 is linear: its low bits alone would map whole families of tags that differ in a
few characters (Department#20, Employee#30) to the same slots, 18 times as often as chance would."""
MAGIC = b"caching generations 4\0\0\0"
"""Change the number whenever the layout or the mapping of tags to slots changes: old code may share the file."""
HEADER_BYTES = 4096
FIRST_SLOT = HEADER_BYTES // 8
EPOCH = FIRST_SLOT - 1
"""The position of the epoch, in eight-byte words."""
CHANGING = 0
"""The epoch while a writer is at work."""
COUNTS = SLOTS
DEADLINES = 2 * SLOTS
CLOSES = 3 * SLOTS
SECOND_GROUP = 3 * SLOTS
INTENT_ARRAYS = 6
"""Two groups of three arrays each: counts, deadlines and closing times."""
FILE_BYTES = HEADER_BYTES + (1 + INTENT_ARRAYS) * SLOTS * 8
FILE_NAME = "generations"
_MAX_COMMON = 4096
slots_of_common: dict[str, int] = {}
"""The slots of tags that many entries have, as one object for all of them."""


def slot_of(tag: str) -> int:
    """Return the position of a tag in the mapped file, in eight-byte words."""
    return slots_of_common.get(tag) or _new_slot_of(tag)


def _new_slot_of(tag: str) -> int:
    slot = FIRST_SLOT + crc32(tag.encode()) % PRIME
    if not is_of_few(tag) and len(slots_of_common) < _MAX_COMMON:
        slots_of_common[tag] = slot
    return slot


def fresh_generations(slots: Collection[int]) -> list[tuple[int, int]]:
    """Return each slot with a new random generation."""
    noise = memoryview(os.urandom(8 * len(slots))).cast("Q")
    return [(slot, generation & GENERATION_MASK) for slot, generation in zip(slots, noise, strict=True)]


def new_epoch() -> int:
    return int.from_bytes(os.urandom(8)) or 1


def milliseconds(seconds: float) -> int:
    return int(seconds * 1000)


def takes_intents(view: memoryview, place: int, now: int) -> bool:
    """Whether a group of intents is empty, has expired, or is still open for new intents."""
    return not view[place + COUNTS] or view[place + DEADLINES] <= now or now < view[place + CLOSES]


def has_live_intents(view: memoryview, slot: int, now: int) -> bool:
    return any(view[place + COUNTS] and view[place + DEADLINES] > now for place in (slot, slot + SECOND_GROUP))


def boot_id() -> bytes:
    """Return the id of the current boot of this machine; deadlines from another boot are meaningless."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_bytes().strip()[:36]
    except OSError:
        return b"unknown"


def open_or_create(path: Path) -> int:
    """Open the file of this boot, or replace it by a new one with random generations; return the file descriptor."""
    lock = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (file := _open_valid(path)) is not None:
            return file
        fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
        header = (MAGIC + os.urandom(16) + boot_id()).ljust(HEADER_BYTES - 8, b"\0")
        content = header + os.urandom(8) + _random_generations()
        file = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            # Allocate the whole file. A hole would kill the process that touches it when the disk is full.
            os.posix_fallocate(file, 0, FILE_BYTES)
            if os.write(file, content) != len(content):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError:
            os.close(file)
            os.unlink(fresh)
            raise
        # Rename only the complete file into place: truncating a mapped file kills the process that reads it.
        os.rename(fresh, path)
        return file
    finally:
        # Not by closing alone: a child that was forked meanwhile has the lock open, too, for as long as it lives.
        fcntl.flock(lock, fcntl.LOCK_UN)
        os.close(lock)


def _random_generations() -> bytes:
    """Return a random generation for every slot, with the "pending" bit (the top bit) cleared in each."""
    noise = bytearray(os.urandom(SLOTS * 8))
    top = slice(7 if sys.byteorder == "little" else 0, None, 8)
    noise[top] = noise[top].translate(bytes(byte & 0x7F for byte in range(256)))
    return bytes(noise)


def may_exist(path: Path) -> bool:
    try:
        os.stat(path)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return True


def _open_valid(path: Path) -> int | None:
    try:
        file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    header = os.pread(file, HEADER_BYTES, 0)
    start = len(MAGIC) + 16
    boot = boot_id()
    if os.fstat(file).st_size == FILE_BYTES and header[: len(MAGIC)] == MAGIC and header[start:].startswith(boot):
        return file
    os.close(file)
    return None
