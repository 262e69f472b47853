"""The walks in docs/architecture.md are what really happens: real calls, traced on a real database."""

import sys
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby, pairwise
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from caching.monitoring.invalidation_log import InvalidationLog
from caching.reading.manager import CacheManager
from scheduling.models import Employee
from tests.factories import EmployeeFactory, ScheduleFactory, ShiftFactory
from tests.test_documentation import table
from tests.test_structure import layer_of

ROOT = Path(__file__).resolve().parent.parent
PAGE = "docs/architecture.md"
TRACED = tuple(f"{ROOT / package}/" for package in ("caching", "scheduling"))
CALLBACKS = {
    ("caching.coherence", CacheManager._count_invalidation.__qualname__),
    ("caching.coherence", InvalidationLog.write.__qualname__),
}
"""What a lower room calls without knowing it: (room of the caller, function that was handed to it)."""

pytestmark = pytest.mark.django_db(transaction=True)
Step = tuple[str, str]
"""A file and a function in it."""


@dataclass
class Trace:
    """The calls of functions of ``caching`` and ``scheduling`` that this thread makes inside the block."""

    steps: list[Step] = field(default_factory=list)
    chains: set[tuple[Step, ...]] = field(default_factory=set)
    """For each call, the functions of ours on the stack, the outermost first."""

    def __enter__(self) -> "Trace":
        self._before = sys.getprofile()
        # For each function on the stack, those of ours up to it.
        self._stack: list[tuple[Step, ...]] = [()]
        sys.setprofile(self._note)
        return self

    def __exit__(self, *error: object) -> None:
        sys.setprofile(self._before)

    def _note(self, frame: FrameType, event: str, argument: Any) -> None:
        if event == "call":
            step = step_of(frame.f_code)
            chain = (*self._stack[-1], step) if step else self._stack[-1]
            self._stack.append(chain)
            if step:
                self.steps.append(step)
                self.chains.add(chain)
        elif event == "return" and len(self._stack) > 1:
            self._stack.pop()

    @property
    def files(self) -> list[str]:
        """The files that take part, in the order in which they are first entered."""
        return list(dict.fromkeys(file for file, _ in self.steps))

    def calls(self) -> set[tuple[Step, Step]]:
        """Return each call from one function of the cache to the next one on the stack, whatever is in between."""
        own = [[step for step in chain if step[0].startswith("caching/")] for chain in self.chains]
        return {pair for steps in own for pair in pairwise(steps)}


@cache
def step_of(code: CodeType) -> Step | None:
    """Return the step that a call of a function is, or None if it is none of ours."""
    if not code.co_filename.startswith(TRACED):
        return None
    return str(Path(code.co_filename).relative_to(ROOT)), code.co_qualname


def walk(name: str) -> list[Step]:
    """Return the steps of a table of the page."""
    rows = [cells[1:3] for cells in table(PAGE, f"step {name}")]
    assert rows
    return [(file.strip("`"), function.strip("`")) for file, function in rows]


def not_found(wanted: list[Step], steps: list[Step]) -> list[Step]:
    """Return the rest of a walk, from its first step that was not taken after those before it."""
    rest = iter(steps)
    for number, step in enumerate(wanted):
        if step not in rest:
            return wanted[number:]
    return []


def module_of(file: str) -> str:
    return file.removesuffix(".py").replace("/", ".")


def room_of(file: str) -> str:
    return ".".join(module_of(file).split(".")[:2])


@pytest.fixture
def miss() -> Trace:
    """The trace of a first read, in a process that has read another employee before."""
    Employee.objects.get_by_email(EmployeeFactory().email)
    employee = EmployeeFactory()
    with Trace() as trace:
        assert Employee.objects.get_by_email(employee.email) == employee
    return trace


@pytest.fixture
def hit() -> Trace:
    """The trace of a read that has been a hit before, since the last write of anybody."""
    employee = EmployeeFactory()
    for _ in range(2):
        Employee.objects.get_by_email(employee.email)
    with Trace() as trace:
        assert Employee.objects.get_by_email(employee.email) == employee
    return trace


@pytest.fixture
def write() -> Trace:
    employee = EmployeeFactory()
    Employee.objects.get_by_email(employee.email)
    with Trace() as trace:
        employee.save()
    return trace


@pytest.fixture
def import_of_a_file(tmp_path: Path) -> Trace:
    schedule = ScheduleFactory()
    employee, shift = EmployeeFactory(department=schedule.department), ShiftFactory()
    file = tmp_path / "assignments.csv"
    file.write_text(f"employee,shift,date\n{employee.email},{shift.name},{schedule.week_start}\n")
    with Trace() as trace:
        call_command("import_csv", "assignments", str(file))
    return trace


on_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="the walk goes through the cursor of SQLite")


class WalkTests:
    @on_sqlite
    def test_a_miss_takes_these_steps(self, miss: Trace) -> None:
        assert not_found(walk("on a miss"), miss.steps) == []

    @on_sqlite
    def test_the_page_names_every_module_of_a_miss_in_order(self, miss: Trace) -> None:
        assert miss.files == list(dict.fromkeys(file for file, _ in walk("on a miss")))

    def test_a_hit_takes_these_steps_and_enters_no_other_module(self, hit: Trace) -> None:
        assert not_found(walk("on a hit"), hit.steps) == []
        assert hit.files == [file for file, _ in walk("on a hit")]

    @on_sqlite
    def test_a_write_takes_these_steps(self, write: Trace) -> None:
        assert not_found(walk("of a write"), write.steps) == []

    def test_an_import_takes_these_steps(self, import_of_a_file: Trace) -> None:
        assert not_found(walk("of an import"), import_of_a_file.steps) == []


class DirectionTests:
    @pytest.mark.parametrize("name", ["miss", "hit", "write", "import_of_a_file"])
    def test_a_room_of_the_cache_calls_only_lower_ones(self, name: str, request: pytest.FixtureRequest) -> None:
        trace: Trace = request.getfixturevalue(name)
        upward = {
            (caller, called)
            for caller, called in trace.calls()
            if room_of(caller[0]) != room_of(called[0])
            if layer_of(module_of(caller[0])) < layer_of(module_of(called[0]))
            if (room_of(caller[0]), called[1]) not in CALLBACKS
        }
        assert upward == set()

    def test_a_miss_enters_the_cache_once(self, miss: Trace) -> None:
        entry = walk("on a miss")[:2]

        assert [step for step in miss.steps if step in entry] == entry
        assert {chain[:2] for chain in miss.chains if len(chain) > 1} == {tuple(entry)}

    def test_a_miss_passes_each_room_once_on_its_way_down(self, miss: Trace) -> None:
        for chain in miss.chains:
            rooms = [room for room, _ in groupby(room_of(file) for file, _ in chain)]
            assert len(rooms) == len(set(rooms)), chain
