"""The files of counts: exact under kills and folds, readable from every process of the host."""

import errno
import logging
import os
import resource
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from caching import CacheType, cache_manager
from caching.monitoring import recorder as recording
from caching.monitoring.recorder import StatsRecorder
from caching.monitoring.stats import HIT_LOCAL, MISS
from tests.processes import forked


@pytest.fixture
def directory(settings: Settings, tmp_path: Path) -> Path:
    """A directory in which nobody else has counted."""
    settings.CACHING = {**settings.CACHING, "DIRECTORY": str(tmp_path)}
    return tmp_path


def of_host() -> dict[str, Any]:
    return cache_manager.get_stats(all_processes=True)


def leave_counts(directory: Path, **hits: int) -> None:
    """Count, and leave the file as a process that has ended does."""
    recorder = StatsRecorder(directory)
    for kind, number in hits.items():
        recorder.view[recorder.row("general", kind) + HIT_LOCAL] += number
    recorder.close()


def die_after(step: Callable[..., Any]) -> Callable[..., Any]:
    def run(*args: Any, **kwargs: Any) -> None:
        step(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)

    return run


class StatsRecorderTests:
    def test_folds_the_files_of_dead_processes_into_one(self, tmp_path: Path) -> None:
        for number in range(70):
            leave_counts(tmp_path, **{f"kind{number % 5}": number})
        living = StatsRecorder(tmp_path)
        living.view[living.row("general", "kind0") + HIT_LOCAL] += 1000
        expected = sum(range(70)) + 1000

        for _ in range(2):
            snapshot, processes = living.snapshot_of_host()
            assert processes == 1
            assert sum(stats.hits for stats in snapshot.values()) == expected
        files = [path for path in (tmp_path / "counts").iterdir() if not path.suffix]
        assert len(files) < 10
        living.close()

    def test_folds_without_being_asked_for_the_sums(self, tmp_path: Path) -> None:
        for _ in range(300):
            leave_counts(tmp_path, kind=1)
        assert len(list((tmp_path / "counts").iterdir())) < 70
        living = StatsRecorder(tmp_path)
        assert living.snapshot_of_host()[0]["general/kind"].hits == 300
        living.close()

    @pytest.mark.parametrize("step", ["write_bytes", "rename", "unlink"])
    def test_a_fold_that_is_killed_loses_nothing_and_counts_nothing_twice(self, tmp_path: Path, step: str) -> None:
        for _ in range(60):
            leave_counts(tmp_path, kind=1)
        if (pid := os.fork()) == 0:
            setattr(Path, step, die_after(getattr(Path, step)))
            recording._fold(tmp_path / "counts")
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL

        living = StatsRecorder(tmp_path)
        assert living.snapshot_of_host()[0]["general/kind"].hits == 60
        recording._fold(tmp_path / "counts")
        assert living.snapshot_of_host()[0]["general/kind"].hits == 60
        assert len([path for path in (tmp_path / "counts").iterdir() if not path.suffix]) == 2
        living.close()

    def test_a_fold_beside_those_who_ask_shows_them_every_count(self, tmp_path: Path) -> None:
        for _ in range(60):
            leave_counts(tmp_path, kind=1)
        living, ended = StatsRecorder(tmp_path), threading.Event()

        def fold_again_and_again() -> None:
            while not ended.is_set():
                leave_counts(tmp_path, other=1)
                recording._fold(tmp_path / "counts")

        with ThreadPoolExecutor(1) as executor:
            folding = executor.submit(fold_again_and_again)
            try:
                found = {living.snapshot_of_host()[0]["general/kind"].hits for _ in range(300)}
            finally:
                ended.set()
            folding.result()
        assert found == {60}
        living.close()

    @pytest.mark.parametrize("step", ["fstat", "pread"])
    def test_a_fold_loses_nothing_that_is_counted_while_it_reads(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
    ) -> None:
        # Its file is locked until nothing refers to it any more.
        living = [StatsRecorder(tmp_path)]
        hits = living[0].row("general") + HIT_LOCAL
        living[0].view[hits] += 6
        original = getattr(os, step)

        def count_and_end(*args: Any) -> Any:
            result = original(*args)
            if living:
                ending = living.pop()
                ending.view[hits] += 10
                ending.close()
            return result

        monkeypatch.setattr(os, step, count_and_end)
        recording._fold(tmp_path / "counts")
        assert not living
        assert StatsRecorder(tmp_path).snapshot_of_host()[0]["general/"]["hits_local"] == 16

    def test_what_a_killed_process_has_not_finished_is_removed(self, tmp_path: Path) -> None:
        living = StatsRecorder(tmp_path)
        old, new = tmp_path / "counts" / "old.new", tmp_path / "counts" / "young.new"
        old.touch()
        new.touch()
        os.utime(old, (0, 0))
        recording._fold(tmp_path / "counts")
        assert (old.exists(), new.exists()) == (False, True)
        living.close()

    def test_a_fold_keeps_every_kind(self, tmp_path: Path) -> None:
        for number in range(70):
            leave_counts(tmp_path, **{f"kind{number}_{kind}": 1 for kind in range(5)})
        living = StatsRecorder(tmp_path)
        for _ in range(2):
            snapshot, _ = living.snapshot_of_host()
            assert sum(stats.hits for stats in snapshot.values()) == 70 * 5
        living.close()

    def test_more_kinds_than_there_is_room_for_are_counted_together(self, tmp_path: Path) -> None:
        recorder = StatsRecorder(tmp_path)
        for number in range(300):
            recorder.view[recorder.row("general", f"kind{number}") + HIT_LOCAL] += 1
        snapshot = recorder.snapshot()
        assert len(snapshot) == 128
        assert snapshot["general/kind0"].hits == 1
        assert snapshot["general/(other)"].hits == 300 - 127
        recorder.close()

    def test_a_name_that_is_too_long_is_cut_between_characters(self, tmp_path: Path) -> None:
        recorder = StatsRecorder(tmp_path)
        for length in range(50, 60):
            recorder.row("general", "ä" * length)
        assert all(name.startswith("general/ä") for name in recorder.snapshot())
        recorder.close()

    def test_forgets_the_dead_and_what_they_have_replaced(self, tmp_path: Path) -> None:
        for number in range(3):
            leave_counts(tmp_path, kind=number + 1)
        recording._fold(tmp_path / "counts")
        leave_counts(tmp_path, kind=100)
        # As if the fold had been killed before it deleted what it had replaced.
        (folded,) = [path for path in (tmp_path / "counts").iterdir() if path.stat().st_size > recording._FILE_BYTES]
        replaced = folded.read_bytes()[recording._FILE_BYTES :].decode().split()
        for name in replaced:
            (tmp_path / "counts" / name).write_bytes(folded.read_bytes()[: recording._FILE_BYTES])
        living = StatsRecorder(tmp_path)
        living.view[living.row("general", "kind") + HIT_LOCAL] += 1000
        assert sum(stats.hits for stats in living.snapshot_of_host()[0].values()) == 1106
        living.forget_the_dead()
        assert sum(stats.hits for stats in living.snapshot_of_host()[0].values()) == 1000
        assert len([path for path in (tmp_path / "counts").iterdir() if not path.suffix]) == 1

    def test_without_a_directory_there_are_no_dead(self) -> None:
        recorder = StatsRecorder(None)
        recorder.view[recorder.row("general", "kind") + HIT_LOCAL] += 1
        recorder.forget_the_dead()
        assert recorder.snapshot()["general/kind"].hits == 1

    def test_without_a_directory_it_counts_for_itself(self) -> None:
        recorder = StatsRecorder(None)
        recorder.view[recorder.row("general", "id") + MISS] += 2
        assert recorder.persistent is False
        assert recorder.snapshot_of_host()[0]["general/id"].misses == 2
        recorder.close()

    def test_in_a_directory_that_cannot_be_used_it_counts_for_itself(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        recorder = StatsRecorder(tmp_path / "file")
        recorder.view[recorder.row("general", "id") + MISS] += 2
        assert recorder.snapshot_of_host() == (recorder.snapshot(), 1)
        recorder.close()

    def test_the_space_of_a_file_is_reserved_when_it_is_made(self, tmp_path: Path) -> None:
        recorder = StatsRecorder(tmp_path)
        (file,) = [path for path in (tmp_path / "counts").iterdir() if not path.suffix and path.stat().st_size]
        assert file.stat().st_blocks * 512 >= file.stat().st_size
        recorder.close()

    def test_without_room_it_counts_for_itself_and_says_so_once(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        with forked() as (is_child, read, write):
            if is_child:
                resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
                recorder = StatsRecorder(tmp_path)
                for number in range(100):
                    recorder.view[recorder.row("general", f"kind{number}") + MISS] += 1
                warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
                (warning,) = warnings
                assert str(tmp_path / "counts") in warning
                assert os.strerror(errno.EFBIG) in warning
                assert (recorder.persistent, len(recorder.snapshot())) == (False, 100)
                os.write(write, b"counted")
            else:
                assert os.read(read, 100) == b"counted"
        assert list((tmp_path / "counts").iterdir()) == []

    def test_a_fold_without_room_leaves_every_count(self, tmp_path: Path) -> None:
        for _ in range(60):
            leave_counts(tmp_path, kind=1)
        with forked() as (is_child, read, write):
            if is_child:
                resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
                recording._fold_if_possible(tmp_path / "counts")
                os.write(write, b"went on")
            else:
                assert os.read(read, 100) == b"went on"
        assert list((tmp_path / "counts").glob("*.new")) == []
        living = StatsRecorder(tmp_path)
        assert living.snapshot_of_host()[0]["general/kind"].hits == 60
        living.close()

    def test_files_that_are_not_counts_do_not_disturb(self, tmp_path: Path) -> None:
        recorder = StatsRecorder(tmp_path)
        recorder.view[recorder.row("general", "id") + MISS] += 2
        (tmp_path / "counts" / "short").write_bytes(b"x")
        (tmp_path / "counts" / "damaged").write_bytes(b"\xff" * 100_000)
        (tmp_path / "counts" / "begun.new").write_bytes(b"")
        assert recorder.snapshot_of_host()[0]["general/id"].misses == 2
        recorder.close()


class ManyKindsTests:
    def test_reads_of_very_many_kinds_go_on(self) -> None:
        CacheType("general")
        for number in range(200):
            assert cache_manager.get_or_load("general", f"kind{number}:1", lambda number=number: number) == number
            assert cache_manager.get("general", f"kind{number}:1") == number
        assert cache_manager.get_stats()["hits"] == 200
