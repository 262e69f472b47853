"""The log of publications."""

import os
import signal
from pathlib import Path

import pytest

from caching.monitoring.invalidation_log import FOLDER_NAME, SLOTS, InvalidationLog, publications, publications_of_host
from tests.processes import Child


class InvalidationLogTests:
    def test_keeps_the_last_ones_newest_first(self, tmp_path: Path) -> None:
        log = InvalidationLog(lambda: tmp_path)
        for number in range(SLOTS + 5):
            log.write([f"general#{number}"], ["save"], 0.001)
        found = publications(tmp_path)
        assert [one.tags for one in found[:2]] == [(f"general#{SLOTS + 4}",), (f"general#{SLOTS + 3}",)]
        assert len(found) == SLOTS
        assert {(one.pid, one.cause, one.all_tags, one.seconds) for one in found} == {(os.getpid(), "save", 1, 0.001)}

    def test_names_as_many_tags_as_there_is_room_for_and_their_number(self, tmp_path: Path) -> None:
        tags = [f"scheduling.Employee#{number}" for number in range(100)]
        InvalidationLog(lambda: tmp_path).write(tags, ["import", "bulk"], 0)
        (found,) = publications(tmp_path)
        assert (found.all_tags, found.cause) == (100, "bulk import")
        assert list(found.tags) == tags[: len(found.tags)]
        assert 10 < len(found.tags) < 100

    @pytest.mark.parametrize("tag", ["ä" * 500, "a" * 464, "a" * 465, "a" * 466])
    def test_a_tag_that_is_cut_is_left_out(self, tag: str, tmp_path: Path) -> None:
        InvalidationLog(lambda: tmp_path).write(["short", tag], ["save"], 0)
        (found,) = publications(tmp_path)
        assert (found.tags, found.all_tags) == (("short",), 2)

    def test_a_folder_that_cannot_be_used_logs_nothing(self) -> None:
        InvalidationLog(lambda: Path("/proc/nowhere")).write(["general"], ["save"], 0)
        assert publications(Path("/proc/nowhere")) == []

    def test_without_a_directory_there_is_none(self) -> None:
        assert publications_of_host(None) == []

    def test_foreign_files_are_passed_over(self, tmp_path: Path) -> None:
        InvalidationLog(lambda: tmp_path).write(["general"], ["save"], 0)
        (tmp_path / "foreign").write_bytes(b"x" * 100)
        assert len(publications(tmp_path)) == 1

    def test_rings_of_ended_processes_are_dropped_but_for_the_newest(self, tmp_path: Path) -> None:
        for _ in range(30):
            log = InvalidationLog(lambda: tmp_path)
            log.write(["general"], ["save"], 0)
            log.forget()
        assert 10 < len(list(tmp_path.iterdir())) < 20

    @pytest.mark.django_db(transaction=True)
    def test_what_a_killed_process_wrote_stays(self, tmp_path: Path) -> None:
        child = Child(tmp_path)
        child.run("from caching import cache_manager; cache_manager.clear('general')")
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        child.stop()
        (found,) = publications(tmp_path / FOLDER_NAME)
        assert (found.pid, found.cause, found.tags) == (child.pid, "clear", ("general",))
