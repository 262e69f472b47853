"""One process of the torture test: ``python -m benchmarks.torture.child '{"role": …}'``. It prints its result as JSON.

prepare   migrates the database and creates the rows
clean     deletes the rows again
reader    reads
writer    forks a process that writes, and another one whenever that one was killed
"""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from benchmarks.torture.board import STOP_WRITING, Board, adopt_parent, is_orphan
from benchmarks.torture.designs import DESIGNS, Design
from benchmarks.torture.nemeses import WallClock, stop_around_commits
from benchmarks.torture.subjects import World, create_world, delete_world


def main(task: dict[str, Any]) -> int:
    clock = WallClock()
    if "clock" in task.get("faults", ()):
        clock.install()
    design = _set_up_django(task["peer"])
    if task["role"] == "prepare":
        _print(_prepare())
        return 0
    if task["role"] == "clean":
        delete_world()
        return 0
    world = World.from_dict(task["world"])
    board = Board(Path(task["board"]), readers=task["readers"], writers=task["writers"], subjects=len(world.subjects))
    if task["role"] == "reader":
        _read(task, board, world, design, clock)
        return 0
    return _keep_writing(board, world, design, task, clock)


def _set_up_django(peer: str) -> Design:
    import django
    from django.conf import settings

    design = DESIGNS[peer]()
    design.configure(settings)
    django.setup()
    design.connect()
    return design


def _prepare() -> dict[str, Any]:
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    delete_world()
    return create_world()


def _read(task: dict[str, Any], board: Board, world: World, design: Design, clock: WallClock) -> None:
    from benchmarks.torture.reader import Reader

    faults = task["faults"]
    reader = Reader(
        task["number"],
        board,
        world,
        design,
        clock,
        forks="fork" in faults,
        loses_database="postgres" in faults,
        # A thread that is somewhere in the middle must not be forked.
        warms=task["warms"] and design.warms and "fork" not in faults,
    )
    _print("ready")
    sys.stdin.readline()
    _print(reader.run())


def _keep_writing(board: Board, world: World, design: Design, task: dict[str, Any], clock: WallClock) -> int:
    """Fork writers that have loaded Django already: to start one takes seconds, and it lives for half a second."""
    from benchmarks.torture.writer import Writer

    number = task["number"]
    _print("ready")
    sys.stdin.readline()
    while board.phase < STOP_WRITING and not is_orphan():
        pid = os.fork()
        if pid == 0:
            adopt_parent()
            if "pause" in task["faults"]:
                stop_around_commits(number, board)
            Writer(
                number,
                board,
                world,
                design,
                clock,
                reads_per_write=task["reads_per_write"],
                only_saves=task["only_saves"],
                loses_database="postgres" in task["faults"],
            ).run()
            # Skip the clean-up: what it would close belongs to the process that forked.
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        board.set_pid(number, 0)
        code = os.waitstatus_to_exitcode(status)
        if code not in (0, -signal.SIGKILL):
            return 1
    return 0


def _print(answer: Any) -> None:
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))
