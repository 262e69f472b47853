"""Runs each file of tests in a process of its own: ``python -m tests.alone [--seed N] [--postgresql] [PATH…] [-- …]``.

A test that depends on what an earlier one has left behind fails here: another file comes first in each process, and the
seed decides the order in it. What follows ``--`` is passed on to pytest. The exit status is 1 if a file failed.
"""

import argparse
import os
import random
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from functools import partial
from pathlib import Path

from .on_postgres import postgresql

NO_TESTS = 5
"""The exit status of pytest if nothing was selected, such as by a marker."""


def files_in(paths: Sequence[str]) -> list[str]:
    """Return the files of tests at these paths."""
    found = {file for path in map(Path, paths) for file in ([path] if path.is_file() else path.rglob("test_*.py"))}
    return sorted(map(str, found))


def run(file: str, options: Sequence[str], environment: Mapping[str, str]) -> str:
    """Run one file; return what pytest printed if it failed, else an empty text."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, file],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return "" if done.returncode in (0, NO_TESTS) else f"{file}: exit status {done.returncode}\n{done.stdout[-4000:]}"


def run_all(files: Sequence[str], options: Sequence[str], url: str = "") -> int:
    """Run the files, several at once; print those that failed and return their number."""
    environment = {"DATABASE_URL": url} if url else {}
    # Two databases cannot be made at once on a PostgreSQL server: each is a copy of the same template.
    at_once = 1 if url else os.cpu_count()
    failed = 0
    with ThreadPoolExecutor(at_once) as pool:
        for told in filter(None, pool.map(partial(run, options=options, environment=environment), files)):
            failed += 1
            sys.stdout.write(f"{told}\n")
            sys.stdout.flush()
    sys.stdout.write(f"{len(files):,} files alone, {failed:,} failed\n")
    return failed


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.alone")
    parser.add_argument("paths", nargs="*", default=["tests"], metavar="PATH", help="files or folders (default: tests)")
    parser.add_argument("--seed", type=int, default=random.randrange(10_000), metavar="N", help="of the order")
    parser.add_argument("--postgresql", action="store_true", help="on a PostgreSQL server from a wheel, not on SQLite")
    given = [*sys.argv[1:]] if arguments is None else [*arguments]
    own, passed_on = (given[: given.index("--")], given[given.index("--") + 1 :]) if "--" in given else (given, [])
    chosen = parser.parse_args(own)
    files = files_in(chosen.paths)
    random.Random(chosen.seed).shuffle(files)
    sys.stdout.write(f"Seed {chosen.seed}; once more with --seed {chosen.seed}.\n")
    with postgresql() if chosen.postgresql else nullcontext("") as url:
        return 1 if run_all(files, [f"--randomly-seed={chosen.seed}", *passed_on], url) else 0


if __name__ == "__main__":
    sys.exit(main())
