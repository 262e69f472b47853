"""The file of generations: where a tag lies in it, and how it is created and opened."""

import os
from pathlib import Path

import pytest

from caching.stores.generation_file import (
    FILE_BYTES,
    FILE_NAME,
    FIRST_SLOT,
    HEADER_BYTES,
    MAGIC,
    PRIME,
    SLOTS,
    boot_id,
    may_exist,
    open_or_create,
    slot_of,
)

IDENTITY = slice(len(MAGIC), len(MAGIC) + 16)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / FILE_NAME


def content_of(path: Path) -> bytes:
    """Open the file, or create it, and return what it holds."""
    file = open_or_create(path)
    try:
        return os.pread(file, FILE_BYTES + 1, 0)
    finally:
        os.close(file)


class SlotOfTests:
    def test_is_behind_the_header_and_inside_the_first_array(self) -> None:
        slots = {slot_of(f"m.A#{number}") for number in range(2000)}
        assert min(slots) >= FIRST_SLOT
        assert max(slots) < FIRST_SLOT + PRIME <= FIRST_SLOT + SLOTS

    def test_sends_rows_with_neighbouring_keys_to_one_slot_no_more_often_than_chance(self) -> None:
        tags = [
            f"scheduling.{model}#{pk}" for model in ("Department", "Employee", "Shift", "Schedule") for pk in range(500)
        ]
        by_chance = len(tags) ** 2 / 2 / SLOTS
        assert len(tags) - len({slot_of(tag) for tag in tags}) < 2 * by_chance


class OpenOrCreateTests:
    def test_creates_a_file_of_full_length_with_a_header(self, path: Path) -> None:
        content = content_of(path)
        assert len(content) == FILE_BYTES
        assert content.startswith(MAGIC)
        assert content[IDENTITY.stop :].startswith(boot_id())

    def test_opens_the_file_that_is_there(self, path: Path) -> None:
        assert content_of(path) == content_of(path)

    def test_gives_every_slot_a_generation_that_is_not_pending(self, path: Path) -> None:
        generations = memoryview(content_of(path)[HEADER_BYTES : HEADER_BYTES + 8 * SLOTS]).cast("Q")
        assert max(generations) < 1 << 63
        assert len(set(generations)) > SLOTS * 0.99

    def test_is_not_readable_by_others(self, path: Path) -> None:
        content_of(path)
        assert path.stat().st_mode & 0o777 == 0o600

    @pytest.mark.parametrize("offset", [0, IDENTITY.stop], ids=["magic", "boot id"])
    def test_replaces_a_file_with_a_damaged_header(self, path: Path, offset: int) -> None:
        before = content_of(path)
        with path.open("r+b") as file:
            file.seek(offset)
            file.write(b"\xff" * 8)
        fresh = content_of(path)
        assert fresh[IDENTITY] != before[IDENTITY]
        assert fresh[HEADER_BYTES:] != before[HEADER_BYTES:]

    def test_replaces_the_file_of_another_boot(self, path: Path) -> None:
        before = content_of(path)
        with path.open("r+b") as file:
            file.seek(IDENTITY.stop)
            file.write(b"00000000-0000-0000-0000-000000000000")
        assert content_of(path)[IDENTITY] != before[IDENTITY]

    def test_replaces_a_file_that_is_too_short(self, path: Path) -> None:
        content_of(path)
        os.truncate(path, 5000)
        assert len(content_of(path)) == FILE_BYTES

    def test_replaces_a_file_of_something_else(self, path: Path) -> None:
        path.write_text("Not a file of generations.")
        assert content_of(path).startswith(MAGIC)

    def test_leaves_no_unfinished_file(self, path: Path) -> None:
        content_of(path)
        assert {found.name for found in path.parent.glob(f"{FILE_NAME}*")} == {FILE_NAME, f"{FILE_NAME}.lock"}


class MayExistTests:
    def test_is_true_for_a_file(self, path: Path) -> None:
        content_of(path)
        assert may_exist(path)

    def test_is_false_where_nothing_is(self, path: Path) -> None:
        assert not may_exist(path)

    def test_is_true_where_it_cannot_be_found_out(self, path: Path) -> None:
        path.write_text("A file, so nothing can be below it.")
        assert may_exist(path / "below")
