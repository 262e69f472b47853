"""A writer: writes in every form, and publishes each version when its write has returned."""

import os
import random
import time
from collections.abc import Sequence
from itertools import count

from django.db import connection, transaction

from benchmarks.torture.board import STOP_WRITING, Board, is_orphan
from benchmarks.torture.designs import Design
from benchmarks.torture.forms import FORMS, Form, Rollback
from benchmarks.torture.subjects import Subject, World
from scheduling.models import Employee, ScheduleAssignment

_VERSION = {
    "row": "SELECT hourly_rate FROM scheduling_employee WHERE id = %s",
    "address": "SELECT hourly_rate FROM scheduling_employee WHERE id IN (%s, %s) ORDER BY id",
    "assignment": "SELECT notes FROM scheduling_scheduleassignment WHERE id = %s",
}


class Writer:
    """One writer; another process takes its number over when it is killed."""

    def __init__(
        self, number: int, board: Board, world: World, design: Design, *, reads_per_write: float, only_saves: bool
    ) -> None:
        self.number, self.board, self.design = number, board, design
        # All writers together keep to the mix.
        self._reads_between = reads_per_write * board.writers
        self._forms = [one for one in FORMS if one.signals or not only_saves]
        self._weights = [one.weight for one in self._forms]
        _wait_for_predecessors()
        self._subjects = {
            (kind, owned): [
                one
                for one in world.subjects
                if one.kind == kind and one.owner(board.writers) in ((number,) if owned else (number, None))
            ]
            for kind in _VERSION
            for owned in (True, False)
        }
        # Loaded once and never again: what a save writes besides the version is as old as this process.
        self.employees = {one.pk: one for one in Employee.objects.filter(department__code="TORTURE")}
        self.assignments = {
            one.pk: one for one in ScheduleAssignment.objects.filter(schedule__department__code="TORTURE")
        }

    def run(self) -> None:
        for written in count():
            if self.board.phase >= STOP_WRITING or is_orphan():
                return
            if written == 1:
                # To be killed from now on: on a busy machine most would die before they have written anything.
                self.board.set_pid(self.number, os.getpid())
            (one,) = random.choices(self._forms, self._weights)
            of_kind = self._subjects[one.kind, one.owned]
            if of_kind:
                self._write(one, random.sample(of_kind, one.subjects))
            self._let_read(self.board.reads() + random.random() * 2 * self._reads_between)

    def _let_read(self, until: float) -> None:
        """Wait until the readers have come so far: a slow machine changes the pace, not the mix."""
        while self.board.reads() < until and self.board.phase < STOP_WRITING:
            time.sleep(0.0005)

    def _write(self, one: Form, subjects: Sequence[Subject]) -> None:
        # In one order always, or two transactions wait for each other.
        subjects = sorted(subjects, key=lambda subject: subject.number)
        try:
            if one.atomic:
                with transaction.atomic():
                    versions = self._announce_next(one, subjects)
                    one.run(self, versions)
            else:
                versions = self._announce_next(one, subjects)
                one.run(self, versions)
        except Rollback:
            versions = {}
        place = FORMS.index(one)
        for subject, version in versions.items():
            self.board.publish(self.number, subject.number, version, place)
        self.board.count_write(self.number, place)

    def _announce_next(self, one: Form, subjects: Sequence[Subject]) -> dict[Subject, int]:
        versions = {}
        for subject in subjects:
            version = self._version(subject, lock=one.atomic)
            # Two steps are for an address that somebody holds.
            versions[subject] = version + (one.step if version % 2 == 0 else 1)
            self.board.announce(self.number, subject.number, versions[subject])
        return versions

    def _version(self, subject: Subject, *, lock: bool) -> int:
        """Ask the database itself: what a peer answers from its cache would bring versions back."""
        lock_clause = " FOR UPDATE" if lock and connection.vendor == "postgresql" else ""
        with connection.cursor() as cursor:
            cursor.execute(_VERSION[subject.kind] + lock_clause, subject.pks)
            return max(int(version) for (version,) in cursor.fetchall())


def _wait_for_predecessors() -> None:
    """Wait until a killed writer's last statement has ended, which a database server executes all the same.

    Else an older version could come after a newer one, and every honest read would look stale.
    """
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        while True:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity "
                "WHERE application_name = current_setting('application_name') AND pid <> pg_backend_pid()"
            )
            if not cursor.fetchone()[0]:
                return
            time.sleep(0.002)
