"""Runs Django's tests with the cache and without, and tells which failures only the cache has brought."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from .applications import ASSERT_OUR_ABSENCE, MEASURE_TIME

MAX_WIDTH, MAX_LINES = 240, 24
ROOT = Path(__file__).resolve().parents[2]


def run(folder: Path, applications: Sequence[str], *options: str, database: str = "") -> dict[str, Any]:
    """Run the applications in a process of its own, on SQLite or the database with a URL; return what was recorded."""
    with TemporaryDirectory(prefix="caching-") as directory:
        result = Path(directory, "result.json")
        subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "tests.django_suite.child", *options, folder, *applications],
            cwd=ROOT,
            env={
                **os.environ,
                "TMPDIR": directory,
                "CACHE_DIRECTORY": directory,
                "DJANGO_SUITE_DATABASE": database,
                "DJANGO_SUITE_RESULT": str(result),
            },
            check=True,
        )
        recorded: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
        return recorded


def shortened(text: str) -> str:
    """Return the beginning and the end of a text with long lines."""
    lines = [line if len(line) <= MAX_WIDTH else f"{line[:MAX_WIDTH]} …" for line in text.splitlines()]
    if len(lines) > MAX_LINES:
        lines[MAX_LINES // 2 : -MAX_LINES // 2] = ["…"]
    return "\n".join(lines)


def compare(with_us: dict[str, Any], without: dict[str, Any]) -> tuple[str, int]:
    """Return what is to be said of two runs, its last line with the totals, and how much of it is wrong."""
    excused = {*without["failed"], *MEASURE_TIME}
    brought = {test: told for test, told in with_us["failed"].items() if test not in excused}
    wrong = {test: told for test, told in brought.items() if test not in ASSERT_OUR_ABSENCE}
    lines = [f"{'=' * 70}\n{test}\n{shortened(told)}" for test, told in sorted(wrong.items())]
    lines += [f"{test} asserts our absence: {ASSERT_OUR_ABSENCE[test]}" for test in sorted(brought.keys() - wrong)]
    lines += [f"NOT ANNOUNCED in {test}: {told}" for test, told in with_us["unannounced"]]
    if with_us["ran"] != without["ran"]:
        lines.append(f"Without the cache {without['ran']:,} tests ran.")
    unannounced = len(with_us["unannounced"])
    lines.append(
        f"{with_us['ran']:,} tests of Django: {len(without['failed'])} fail without the cache, {len(wrong)} with it "
        f"only, {len(brought) - len(wrong)} assert its absence; {with_us['rows']:,} rows changed in "
        f"{with_us['statements']:,} writes, {unannounced} not announced"
    )
    return "\n".join(lines), len(wrong) + unannounced + (with_us["ran"] != without["ran"])
