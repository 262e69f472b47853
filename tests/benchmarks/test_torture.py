"""The torture in small, and what its judgement is worth: it must see what is stale, and nothing else."""

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks.torture.board import Board
from benchmarks.torture.subjects import UNCOMMITTED, Subject, judge_address, judge_list, judge_row

ROOT = Path(__file__).resolve().parent.parent.parent
KEYS = {
    *("reads", "writes", "served_from_cache", "stale_reads", "worst_age_ms", "stale_after_quiescence"),
    *("reads_per_s", "writes_per_s", "killed", "uncommitted_reads", "own_reads", "own_reads_wrong"),
}

ROW = Subject("row", 0, (7,), "amy@example.com")
ADDRESS = Subject("address", 1, (8, 9), "desk@example.com", ("a@example.com", "b@example.com"))
ASSIGNMENT = Subject("assignment", 2, (5,), schedules=(1, 2), joined=0)


def employee(version: int, pk: int = 7) -> Any:
    return SimpleNamespace(pk=pk, hourly_rate=version)


def assignment(version: int, rate: int = 0) -> Any:
    return SimpleNamespace(pk=5, notes=str(version), employee=employee(rate))


class RunTests:
    def test_three_seconds_with_killed_writers(self, tmp_path: Path) -> None:
        file = tmp_path / "torture.json"

        options = ["--seconds", "3", "--faults", "kill", "--intent-seconds", "3", "--readers", "2"]
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.torture", *options, "--json", str(file)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
        )

        assert done.returncode == 0, done.stdout + done.stderr
        result = json.loads(file.read_text())
        assert result.keys() >= KEYS
        assert result["stale_reads"] == result["stale_after_quiescence"] == result["uncommitted_reads"] == 0
        assert result["own_reads_wrong"] == 0
        assert result["killed"] > 0
        assert result["writes"] > 0
        assert result["served_from_cache"] == result["served_without_query"]
        assert result["served_from_cache"] > result["reads"] / 2


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

    def test_an_old_joined_employee_makes_a_list_stale(self) -> None:
        floors, ceilings = {2: 1, 0: 3}, {2: 1}
        assert not judge_list(1, [ASSIGNMENT], floors, ceilings, [assignment(1, rate=3)])
        (fault,) = judge_list(1, [ASSIGNMENT], floors, ceilings, [assignment(1, rate=2)])
        assert fault.subject.kind == "joined"


class BoardTests:
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
