"""A disk that is full, under the folder of the shared files: nobody is killed, and whoever cannot share says so."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.disks import can_mount, on_small_disk
from tests.processes import ROOT

_OPENED_BEFORE = """
import errno, logging, sys
from pathlib import Path
from caching.monitoring.recorder import StatsRecorder
from caching.stores.shared_memory import SharedMemoryGenerations

logging.basicConfig(stream=sys.stdout, format="%(levelname)s %(message)s")
folder = Path(sys.argv[1])
recorder, store = StatsRecorder(folder), SharedMemoryGenerations(folder)
store.open()
with open(folder / "junk", "wb", buffering=0) as junk:
    try:
        while junk.write(bytes(4096)):
            pass
    except OSError as error:
        assert error.errno == errno.ENOSPC
"""
_USE_WHAT_IS_THERE = """
tags = [f"tag{number}" for number in range(100_000)]
store.end(store.begin(tags))
for number in range(200):
    recorder.view[recorder.row("general", f"kind{number}")] += 1
print(len(recorder.snapshot()), recorder.persistent, None not in store.read(tags))
"""
_BEGIN_ANEW = """
recorder = StatsRecorder(folder)
for number in range(200):
    recorder.view[recorder.row("general", f"kind{number}")] += 1
print(len(recorder.snapshot()), recorder.persistent)
store.close()
(folder / "generations").rename(folder / "of-before")
print(store.read(["tag"]))
try:
    store.begin(["tag"])
except Exception as error:
    print(type(error).__name__, error.others_serve)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (folder := tmp_path / "disk").mkdir()
    if not can_mount(folder):
        pytest.skip("This machine lets nobody mount a small disk.")
    return folder


def run_on_full_disk(folder: Path, source: str) -> list[str]:
    """Run the source in a process that has opened the files before its disk became full; return what it prints."""
    command = on_small_disk(folder, 6000, sys.executable, "-c", _OPENED_BEFORE + source, str(folder))
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, (done.returncode, done.stderr)
    return done.stdout.splitlines()


class FullDiskTests:
    def test_files_that_are_open_are_whole(self, folder: Path) -> None:
        assert run_on_full_disk(folder, _USE_WHAT_IS_THERE) == ["128 True True"]

    def test_new_files_are_not_begun(self, folder: Path) -> None:
        warning, *printed = run_on_full_disk(folder, _BEGIN_ANEW)

        assert warning.startswith(f"WARNING No counts can be kept in {folder}/counts (No space left on device)")
        assert printed == ["128 False", "(None,)", "GenerationsUnavailable False"]
