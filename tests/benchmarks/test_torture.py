"""The torture in small, and what its judgement is worth: it must see what is stale, and nothing else."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks.disks import can_mount
from benchmarks.torture.board import RUN, Board
from benchmarks.torture.faults import WINDOW_SECONDS, is_in_window
from benchmarks.torture.nemeses import AFTER_COMMIT, BEFORE_COMMIT, JUMPS_SECONDS, WallClock, stop_around_commits
from benchmarks.torture.proxy import Proxy
from benchmarks.torture.reader import Reader
from benchmarks.torture.subjects import UNCOMMITTED, Subject, World, judge_address, judge_list, judge_row
from caching import cache_manager

ROOT = Path(__file__).resolve().parent.parent.parent
SECOND = 1_000_000
WINDOW = int(WINDOW_SECONDS * SECOND)
KEYS = {
    *("reads", "writes", "served_from_cache", "stale_reads", "worst_age_ms", "stale_after_quiescence"),
    *("reads_per_s", "writes_per_s", "killed", "uncommitted_reads", "own_reads", "own_reads_wrong"),
    *("stale_in_window", "window_s", "outage_s", "flushed", "restarted", "cut", "slowed"),
}

ROW = Subject("row", 0, (7,), "amy@example.com")
ADDRESS = Subject("address", 1, (8, 9), "desk@example.com", ("a@example.com", "b@example.com"))
ASSIGNMENT = Subject("assignment", 2, (5,), schedules=(1, 2), joined=0)


def employee(version: int, pk: int = 7) -> Any:
    return SimpleNamespace(pk=pk, hourly_rate=version)


def assignment(version: int, rate: int = 0) -> Any:
    return SimpleNamespace(pk=5, notes=str(version), employee=employee(rate))


def torture(*options: str) -> subprocess.CompletedProcess[str]:
    """Run the command."""
    return subprocess.run(
        [sys.executable, "-m", "benchmarks.torture", *options], cwd=ROOT, capture_output=True, text=True, timeout=240
    )


def tortured(file: Path, struck: str, *options: str) -> tuple[dict[str, Any], str]:
    """Run the command for three seconds, or for longer if nothing was struck; return its figures and what it printed.

    Where the machine is busy, three seconds may be over before the first fault.
    """
    for seconds in (3, 20):
        done = torture("--seconds", str(seconds), "--json", str(file), *options)
        assert done.returncode == 0, done.stdout + done.stderr
        result: dict[str, Any] = json.loads(file.read_text())
        if result[struck]:
            break
    assert result[struck] > 0
    return result, done.stdout


class RunTests:
    @pytest.mark.parametrize("store", ["memory", "redis"])
    def test_three_seconds_with_killed_writers(self, store: str, tmp_path: Path) -> None:
        options = ["--faults", "kill", "--intent-seconds", "3", "--readers", "2", "--no-warming"]
        result, _ = tortured(tmp_path / "torture.json", "killed", "--store", store, *options)

        assert result.keys() >= KEYS
        assert result["store"] == store
        assert result["stale_reads"] == result["stale_after_quiescence"] == result["uncommitted_reads"] == 0
        assert result["own_reads_wrong"] == 0
        assert result["writes"] > 0
        assert result["served_from_cache"] == result["served_without_query"]
        assert result["served_from_cache"] > result["reads"] / 2

    @pytest.mark.long
    def test_a_server_that_comes_back_behind_a_proxy(self, tmp_path: Path) -> None:
        options = ["--store", "redis", "--readers", "2", "--writers", "1", "--faults", "flush,restart,cut,slow"]
        result, printed = tortured(tmp_path / "torture.json", "flushed", *options)

        assert result["stale_reads"] == result["stale_after_quiescence"] == 0
        assert result["window_s"] == WINDOW_SECONDS
        assert f"stale by {WINDOW_SECONDS:g} s" in printed

    @pytest.mark.long
    def test_a_full_disk_forks_and_clocks_that_jump(self, tmp_path: Path) -> None:
        file = tmp_path / "torture.json"
        (folder := tmp_path / "disk").mkdir()
        faults = "disk,fork,clock" if can_mount(folder) else "fork,clock"

        options = ["--seconds", "3", "--readers", "2", "--writers", "1", "--intent-seconds", "2", "--json", str(file)]
        done = torture("--faults", faults, *options)

        assert done.returncode == 0, done.stdout + done.stderr
        result = json.loads(file.read_text())
        assert result["stale_reads"] == result["stale_after_quiescence"] == result["own_reads_wrong"] == 0
        assert result["forked"] > 0
        assert result["reads_in_forks"] > 0
        assert result["jumps"] > 0
        assert result["disk_filled"] > 0 or "disk" not in faults

    @pytest.mark.parametrize(
        ("faults", "sentence"),
        [
            ("postgres", "--faults postgres needs --database embedded: no other server is killed."),
            ("pause,kill", "are the double fault that INTENT_SECONDS excludes."),
        ],
    )
    def test_faults_that_cannot_be_are_refused(self, faults: str, sentence: str) -> None:
        done = torture("--faults", faults)

        assert done.returncode == 2
        assert sentence in done.stderr

    def test_faults_of_a_server_need_a_server(self) -> None:
        done = torture("--faults", "kill,flush")

        assert done.returncode == 2
        assert "--faults flush needs --store redis, and no --peer." in done.stderr

    def test_an_unknown_fault_is_told(self) -> None:
        assert (
            "argument --faults: fire; known are kill, flush, restart, cut, slow, failover, pause, postgres, disk, fork"
            in torture("--faults", "fire").stderr
        )


class ReaderTests:
    """Who is asked answers what is planted."""

    @pytest.fixture
    def board(self, tmp_path: Path) -> Board:
        return Board(tmp_path / "board", readers=1, writers=1, subjects=8)

    def reader(self, board: Board, version: int) -> Reader:
        design = SimpleNamespace(employee_by_email=lambda email: employee(version), employee_by_id=None)
        return Reader(0, board, World((ROW,), (), ()), design, WallClock())  # type: ignore[arg-type]

    def judge(self, reader: Reader) -> tuple[int, int]:
        reader.judge(reader.reads[0])
        return reader.stale, reader.stale_in_window

    def test_a_planted_stale_read_is_found(self, board: Board) -> None:
        reader = self.reader(board, version=4)
        board.publish(0, ROW.number, 4, form=0)
        assert self.judge(reader) == (0, 0)

        board.publish(0, ROW.number, 5, form=0)

        assert self.judge(reader) == (1, 0)
        assert reader.examples[0].startswith("row 0 (pk (7,)): 4 instead of 5, ")

    def test_a_stale_read_in_an_outage_is_counted_apart(self, board: Board) -> None:
        reader = self.reader(board, version=4)
        board.begin_outage()
        board.publish(0, ROW.number, 5, form=0)

        assert self.judge(reader) == (0, 1)

    def test_what_was_published_before_the_outage_is_not_excused(self, board: Board) -> None:
        reader = self.reader(board, version=4)
        board.publish(0, ROW.number, 5, form=0)
        board.begin_outage()

        assert self.judge(reader) == (1, 0)


class StopTests:
    @pytest.mark.parametrize("place", [BEFORE_COMMIT, AFTER_COMMIT])
    def test_a_writer_stops_on_either_side_of_a_commit(self, tmp_path: Path, place: int) -> None:
        board = Board(tmp_path / "board", readers=1, writers=1, subjects=1)
        board.phase = RUN
        board.ask_to_stop(0, place)
        tags, states = ["a tag"], cache_manager.runtime.opened().generations
        states.open()
        if (pid := os.fork()) == 0:
            stop_around_commits(0, board)
            states.end(states.begin(tags))
            os._exit(0)

        assert os.WIFSTOPPED(os.waitpid(pid, os.WUNTRACED)[1])
        # Its intent is live, so nothing may be served under the tag.
        assert (board.stopped(0), board.stop_wanted(0)) == (pid, 0)
        assert states.stamp(tags) is None
        os.kill(pid, signal.SIGCONT)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        assert board.stopped(0) == 0
        assert states.stamp(tags) is not None


class WallClockTests:
    def test_jumps_only_where_it_is_installed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        clock, before = WallClock(), time.time()
        clock.jump_now_and_then()
        assert clock.jumps == 0

        monkeypatch.setattr(time, "time", clock)
        clock.jump_now_and_then()

        assert clock.jumps == 1
        assert any(abs(time.time() - before - jump) < 60 for jump in JUMPS_SECONDS)


class WindowTests:
    OUTAGES = ((20 * SECOND, 22 * SECOND), (60 * SECOND, 0))

    @pytest.mark.parametrize(
        ("published", "now", "expected"),
        [
            (19, 21, False),  # before the outage
            (21, 21, True),
            (21, 31, True),
            (23, 31, True),  # while others come back
            (21, 31.1, False),  # too old
            (30, 32.1, False),  # all have come back
            (61, 70, True),  # it lasts
            (61, 71.1, False),
        ],
    )
    def test_a_read_may_be_stale_in_an_outage_for_so_long(self, published: float, now: float, expected: bool) -> None:
        assert WINDOW == 10 * SECOND
        assert is_in_window(self.OUTAGES, int(published * SECOND), int(now * SECOND)) is expected

    def test_nothing_is_excused_without_an_outage(self) -> None:
        assert not is_in_window((), 1, 2)


class ProxyTests:
    """A server behind it that sends back what it gets."""

    @pytest.fixture
    def proxy(self) -> Iterator[Proxy]:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            threading.Thread(target=self.echo, args=(listener,), daemon=True).start()
            with Proxy(listener.getsockname()[1], first=["reader"], then=["writer"]) as proxy:
                yield proxy

    def echo(self, listener: socket.socket) -> None:
        with closing(listener.accept()[0]) as connection:
            while data := connection.recv(100):
                connection.sendall(data)

    @pytest.fixture
    def client(self, proxy: Proxy) -> Iterator[socket.socket]:
        with socket.create_connection(("127.0.0.1", proxy.port("reader")), timeout=5) as client:
            client.sendall(b"one")
            assert client.recv(100) == b"one"
            yield client

    def test_what_is_sent_into_a_cut_arrives_when_it_is_mended(self, proxy: Proxy, client: socket.socket) -> None:
        proxy.cut(["reader"])
        client.sendall(b"two")
        client.settimeout(0.1)
        with pytest.raises(TimeoutError):
            client.recv(100)

        proxy.mend(["reader"], reset=False)
        client.settimeout(5)

        assert client.recv(100) == b"two"

    def test_a_cut_connection_can_be_reset(self, proxy: Proxy, client: socket.socket) -> None:
        proxy.cut(["reader"])
        proxy.mend(["reader"], reset=True)

        assert client.recv(100) == b""

    def test_a_slow_way_keeps_the_order(self, proxy: Proxy, client: socket.socket) -> None:
        proxy.slow(["reader"], 0.05)
        started = time.monotonic()
        client.sendall(b"two")
        assert client.recv(1) == b"t"
        assert time.monotonic() - started >= 0.1
        proxy.slow(["reader"], 0)
        client.sendall(b"three")

        received = b"t"
        while len(received) < len(b"twothree"):
            received += client.recv(100)
        assert received == b"twothree"


class JudgementTests:
    @pytest.mark.parametrize(("found", "is_stale"), [(4, True), (5, False), (6, False)])
    def test_a_row_must_not_be_older_than_what_was_published(self, found: int, is_stale: bool) -> None:
        assert bool(judge_row(ROW, 5, employee(found))) is is_stale

    def test_a_row_that_is_not_found_is_stale(self) -> None:
        assert judge_row(ROW, 0, None)

    def test_what_is_always_rolled_back_is_known_as_uncommitted(self) -> None:
        fault = judge_row(ROW, 5, employee(UNCOMMITTED))
        assert fault is not None
        assert fault.uncommitted

    @pytest.mark.parametrize(
        ("floor", "ceiling", "is_stale"), [(2, 2, True), (2, 3, False), (3, 3, False), (3, 4, False), (4, 4, True)]
    )
    def test_nobody_has_an_address_at_odd_versions_only(self, floor: int, ceiling: int, is_stale: bool) -> None:
        assert bool(judge_address(ADDRESS, floor, ceiling, None)) is is_stale

    def test_the_last_holder_of_an_address_is_stale(self) -> None:
        assert judge_address(ADDRESS, 2, 2, employee(0, pk=8))
        assert not judge_address(ADDRESS, 2, 2, employee(2, pk=9))

    @pytest.mark.parametrize(
        ("floor", "ceiling", "is_stale"), [(0, 2, True), (2, 3, False), (3, 5, False), (5, 5, False), (6, 6, True)]
    )
    def test_an_assignment_may_be_missing_where_it_need_not_be(self, floor: int, ceiling: int, is_stale: bool) -> None:
        assert bool(judge_list(1, [ASSIGNMENT], {2: floor, 0: 0}, {2: ceiling}, [])) is is_stale

    def test_what_is_missing_is_as_old_as_the_last_version_at_which_it_was_elsewhere(self) -> None:
        assert judge_address(ADDRESS, 4, 4, None).as_of == 3  # type: ignore[union-attr]
        (fault,) = judge_list(1, [ASSIGNMENT], {2: 7, 0: 0}, {2: 8}, [])
        assert fault.as_of == 5

    def test_an_old_joined_employee_makes_a_list_stale(self) -> None:
        floors, ceilings = {2: 1, 0: 3}, {2: 1}
        assert not judge_list(1, [ASSIGNMENT], floors, ceilings, [assignment(1, rate=3)])
        (fault,) = judge_list(1, [ASSIGNMENT], floors, ceilings, [assignment(1, rate=2)])
        assert fault.subject.kind == "joined"


class BoardTests:
    def test_outages_are_seen_by_all(self, tmp_path: Path) -> None:
        board, other = (Board(tmp_path / "board", readers=1, writers=1, subjects=2) for _ in range(2))
        first, second = board.begin_outage(), board.begin_outage()
        board.end_outage(second)

        (_, lasting), (begin, end) = other.outages()
        assert (first, lasting) == (0, 0)
        assert 0 < begin <= end

    def test_the_newest_version_of_any_writer_counts(self, tmp_path: Path) -> None:
        board = Board(tmp_path / "board", readers=1, writers=2, subjects=3)
        board.publish(0, 1, 5, form=3)
        board.publish(1, 1, 4, form=9)

        assert board.newest(1)() == 5
        assert board.newest(0)() == 0

    def test_a_stale_value_is_as_old_as_the_first_version_after_it(self, tmp_path: Path) -> None:
        board = Board(tmp_path / "board", readers=1, writers=2, subjects=3)
        board.publish(0, 1, 4, form=3)
        first = board.microseconds()
        board.publish(1, 1, 5, form=9)

        published, form = board.overdue(1, 3)
        assert published <= first
        assert form == 3
        assert board.overdue(1, 4)[1] == 9

    def test_another_process_sees_the_same_board(self, tmp_path: Path) -> None:
        board, other = (Board(tmp_path / "board", readers=1, writers=1, subjects=2) for _ in range(2))
        board.announce(0, 1, 8)
        board.phase = 2

        assert other.ceiling(1)() == 8
        assert other.phase == 2
