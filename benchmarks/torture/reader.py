"""A reader: it notes the newest published versions, reads through the cache, and judges what it got."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from typing import Any

from django.db import connection

from benchmarks.torture.board import CHECK, STOP_WRITING, Board, is_orphan
from benchmarks.torture.designs import Design
from benchmarks.torture.faults import is_in_window
from benchmarks.torture.forks import Forks
from benchmarks.torture.forms import FORMS
from benchmarks.torture.nemeses import WallClock, losing_the_database
from benchmarks.torture.subjects import Fault, Subject, World, judge_address, judge_list, judge_row
from benchmarks.torture.warming import Warming

_MAX_EXAMPLES = 5
Read = Callable[[], list[Fault]]


class Reader:
    def __init__(
        self,
        number: int,
        board: Board,
        world: World,
        design: Design,
        clock: WallClock,
        *,
        forks: bool = False,
        loses_database: bool = False,
        warms: bool = False,
    ) -> None:
        self._number, self._clock = number, clock
        self._forks, self._loses_database, self._lost = forks, loses_database, 0
        self._warms = warms
        self.board, self._world, self._design = board, world, design
        self._newest = {subject.number: board.newest(subject.number) for subject in world.subjects}
        self._ceiling = {subject.number: board.ceiling(subject.number) for subject in world.subjects}
        rows = [read for row in world.rows for read in (self._by_email(row), self._by_id(row))]
        addresses = [self._address(address) for address in world.addresses for _ in range(2)]
        lists = [self._list(schedule, subjects) for schedule, subjects in world.lists.items() for _ in range(2)]
        self.reads = [*rows, *addresses, *lists]
        self._queries = 0
        self.stale = self.stale_in_window = self.uncommitted = 0
        self.by_form: Counter[str] = Counter()
        self.by_kind: Counter[str] = Counter()
        self.worst_age = self.worst_age_in_window = 0
        self.examples: list[str] = []

    def run(self) -> dict[str, Any]:
        """Read until the writers have stopped, wait for quiescence, then compare everything with the database."""
        connection.execute_wrappers.append(self._count_query)
        hits_before = self._design.hits()
        reads: Counter[str] = Counter()
        without_query: Counter[str] = Counter()
        board, choose, everything = self.board, random.choice, self.reads
        forks = Forks(self) if self._forks else None
        warming = Warming(board) if self._warms else None
        if warming is not None:
            warming.start()
        while board.phase < STOP_WRITING and not is_orphan():
            self._clock.jump_now_and_then()
            if forks is not None:
                forks.fork_now_and_then()
            # The phase is only checked after some reads, so that the time is spent on reading.
            for _ in range(20):
                queries = self._queries
                read = choose(everything)
                with losing_the_database(self._count_lost) if self._loses_database else nullcontext():
                    self.judge(read)
                    reads[read.__name__] += 1
                    if self._queries == queries:
                        without_query[read.__name__] += 1
            board.set_reads(self._number, reads.total())
        if forks is not None:
            forks.end()
        if warming is not None:
            warming.end()
        hits = self._design.hits()
        while board.phase < CHECK and not is_orphan():
            time.sleep(0.01)
        if self._loses_database:
            connection.close()
        wrong = self._check()
        return {
            "jumps": self._clock.jumps,
            "warmed": warming.warmed if warming else 0,
            "forked": forks.forked if forks else 0,
            "reads_in_forks": forks.reads if forks else 0,
            "reads_without_database": self._lost,
            "reads": reads,
            "without_query": without_query,
            "stale_reads": self.stale,
            "stale_in_window": self.stale_in_window,
            "uncommitted_reads": self.uncommitted,
            "hits": None if hits is None or hits_before is None else hits - hits_before,
            "wrong_after_quiescence": wrong,
            "worst_age_us": self.worst_age,
            "worst_age_in_window_us": self.worst_age_in_window,
            "forms": [form.name for form in FORMS],
            "by_form": self.by_form,
            "by_kind": self.by_kind,
            "examples": self.examples,
        }

    def _count_lost(self) -> None:
        self._lost += 1

    def _count_query(self, execute: Callable[..., Any], *args: Any) -> Any:
        self._queries += 1
        return execute(*args)

    # -- reading while others write -----------------------------------------------------------------------------------

    def _by_email(self, subject: Subject) -> Read:
        newest, read, email = self._newest[subject.number], self._design.employee_by_email, subject.email

        def by_email() -> list[Fault]:
            floor = newest()
            fault = judge_row(subject, floor, read(email))
            return [fault] if fault else []

        return by_email

    def _by_id(self, subject: Subject) -> Read:
        newest, read, pk = self._newest[subject.number], self._design.employee_by_id, subject.pks[0]

        def by_id() -> list[Fault]:
            floor = newest()
            fault = judge_row(subject, floor, read(pk))
            return [fault] if fault else []

        return by_id

    def _address(self, subject: Subject) -> Read:
        newest, ceiling = self._newest[subject.number], self._ceiling[subject.number]
        read, email = self._design.employee_by_email, subject.email

        def address() -> list[Fault]:
            floor = newest()
            employee = read(email)
            fault = judge_address(subject, floor, ceiling(), employee)
            return [fault] if fault else []

        return address

    def _list(self, schedule: int, subjects: Iterable[Subject]) -> Read:
        subjects = tuple(subjects)
        numbers = [number for subject in subjects for number in (subject.number, subject.joined)]
        newest = [(number, self._newest[number]) for number in numbers]
        ceilings = [(number, self._ceiling[number]) for number in numbers]
        read = self._design.assignments

        def one_list() -> list[Fault]:
            floors = {number: floor() for number, floor in newest}
            found = read(schedule)
            return judge_list(schedule, subjects, floors, {number: top() for number, top in ceilings}, found)

        return one_list

    def judge(self, read: Read) -> None:
        """Read once, and record what is wrong with the result."""
        # The window is judged by when the read began: one with a query or a time-out in it takes long.
        began = self.board.microseconds()
        if faults := read():
            self._record(faults, began)

    def _record(self, faults: list[Fault], now: int) -> None:
        overdue = [self.board.overdue(fault.subject.number, fault.as_of) for fault in faults]
        if any(fault.uncommitted for fault in faults):
            self.uncommitted += 1
        elif self._is_excused(overdue, now):
            self.stale_in_window += 1
            self.worst_age_in_window = max(self.worst_age_in_window, *(now - published for published, _ in overdue))
            return
        else:
            self.stale += 1
            self.by_kind[faults[0].subject.kind] += 1
        forms = set()
        for fault, (published, form) in zip(faults, overdue, strict=True):
            age = now - published
            if not fault.uncommitted:
                self.worst_age = max(self.worst_age, age)
                forms.add(FORMS[form].name)
            if len(self.examples) < _MAX_EXAMPLES:
                what = "uncommitted" if fault.uncommitted else f"{age / 1000:.3f} ms after {FORMS[form].name!r}"
                subject = f"{fault.subject.kind} {fault.subject.number} (pk {fault.subject.pks})"
                self.examples.append(f"{subject}: {fault.found} instead of {fault.expected}, {what}")
        self.by_form.update(forms)

    def _is_excused(self, overdue: Iterable[tuple[int, int]], now: int) -> bool:
        outages = self.board.outages()
        return all(is_in_window(outages, published, now) for published, _ in overdue)

    # -- after quiescence ---------------------------------------------------------------------------------------------

    def _check(self) -> int:
        """Read everything twice through the cache (the second time what the first has stored); count what is wrong."""
        return sum(self._wrong(pair) for _ in range(2) for pair in self._everything())

    def _everything(self) -> Iterable[tuple[Any, Any]]:
        """Yield what the cache says and what the database says, in a form that can be compared."""
        design = self._design
        with connection.cursor() as cursor:
            cursor.execute("SELECT id, email, hourly_rate FROM scheduling_employee WHERE last_name = 'Torture'")
            employees = {pk: (pk, email, int(rate)) for pk, email, rate in cursor.fetchall()}
            cursor.execute(
                "SELECT schedule_id, id, notes, employee_id FROM scheduling_scheduleassignment "
                "WHERE employee_id IN (SELECT id FROM scheduling_employee WHERE last_name = 'Torture')"
            )
            assignments = cursor.fetchall()
        holders = {found[1]: found for found in employees.values()}
        for pk, found in employees.items():
            yield _plain(design.employee_by_id(pk)), found
        for email in {email for subject in self._world.subjects for email in (subject.email, *subject.spare) if email}:
            yield _plain(design.employee_by_email(email)), holders.get(email)
        for schedule in self._world.lists:
            expected = {(pk, notes, employees[of][2]) for at, pk, notes, of in assignments if at == schedule}
            held = design.assignments(schedule)
            yield {(row.pk, row.notes, int(row.employee.hourly_rate)) for row in held}, expected

    def _wrong(self, pair: tuple[Any, Any]) -> bool:
        held, expected = pair
        if held != expected and len(self.examples) < 2 * _MAX_EXAMPLES:
            self.examples.append(f"after quiescence: {held} instead of {expected}")
        return held != expected


def _plain(employee: Any) -> tuple[int, str, int] | None:
    return None if employee is None else (employee.pk, employee.email, int(employee.hourly_rate))
