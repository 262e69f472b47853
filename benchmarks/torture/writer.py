"""A writer: it writes in every form, and publishes each version once its write has returned."""

import os
import random
import time
from collections.abc import Sequence
from contextlib import nullcontext
from itertools import count

from django.db import connection, transaction

from benchmarks.torture.board import STOP_WRITING, Board, is_orphan
from benchmarks.torture.designs import Design
from benchmarks.torture.forms import FORMS, Form, Rollback
from benchmarks.torture.nemeses import WallClock, losing_the_database
from benchmarks.torture.subjects import Subject, World
from scheduling.models import Employee, ScheduleAssignment

_VERSION = {
    "row": "SELECT hourly_rate FROM scheduling_employee WHERE id = %s",
    "address": "SELECT hourly_rate FROM scheduling_employee WHERE id IN (%s, %s) ORDER BY id",
    "assignment": "SELECT notes FROM scheduling_scheduleassignment WHERE id = %s",
}


class Writer:
    """One writer. If it is killed, another process takes over its number."""

    def __init__(
        self,
        number: int,
        board: Board,
        world: World,
        design: Design,
        clock: WallClock,
        *,
        reads_per_write: float,
        only_saves: bool,
        loses_database: bool = False,
    ) -> None:
        self._clock, self._loses_database, self.lost = clock, loses_database, 0
        self.number, self.board, self.design = number, board, design
        # The mix holds for all writers together.
        self._reads_between = reads_per_write * board.writers
        self._forms = [form for form in FORMS if form.signals or not only_saves]
        self._weights = [form.weight for form in self._forms]
        _wait_for_predecessors()
        self._subjects = {
            (kind, owned): [
                subject
                for subject in world.subjects
                if subject.kind == kind and subject.owner(board.writers) in ((number,) if owned else (number, None))
            ]
            for kind in _VERSION
            for owned in (True, False)
        }
        # Loaded only once, so that a save writes columns other than the version as they were when this process began.
        self.employees = {row.pk: row for row in Employee.objects.filter(department__code="TORTURE")}
        self.assignments = {
            row.pk: row for row in ScheduleAssignment.objects.filter(schedule__department__code="TORTURE")
        }

    def run(self) -> None:
        for written in count():
            if self.board.phase >= STOP_WRITING or is_orphan():
                return
            if written == 1:
                # Only now may it be killed: on a busy machine most writers would die before their first write.
                self.board.set_pid(self.number, os.getpid())
            (form,) = random.choices(self._forms, self._weights)
            of_kind = self._subjects[form.kind, form.owned]
            self._clock.jump_now_and_then()
            if of_kind:
                with losing_the_database(self._count_lost) if self._loses_database else nullcontext():
                    self._write(form, random.sample(of_kind, form.subjects))
            self._let_read(self.board.reads() + random.random() * 2 * self._reads_between)

    def _count_lost(self) -> None:
        self.lost += 1

    def _let_read(self, until: float) -> None:
        """Wait until the readers have made so many reads. A slow machine changes the pace, not the mix."""
        while self.board.reads() < until and self.board.phase < STOP_WRITING:
            time.sleep(0.0005)

    def _write(self, form: Form, subjects: Sequence[Subject]) -> None:
        # Always in the same order, or two transactions deadlock.
        subjects = sorted(subjects, key=lambda subject: subject.number)
        try:
            if form.atomic:
                with transaction.atomic():
                    versions = self._announce_next(form, subjects)
                    form.run(self, versions)
            else:
                versions = self._announce_next(form, subjects)
                form.run(self, versions)
        except Rollback:
            versions = {}
        place = FORMS.index(form)
        for subject, version in versions.items():
            self.board.publish(self.number, subject.number, version, place)
        self.board.count_write(self.number, place)

    def _announce_next(self, form: Form, subjects: Sequence[Subject]) -> dict[Subject, int]:
        versions = {}
        for subject in subjects:
            version = self._version(subject, lock=form.atomic)
            # Only an address that an employee holds takes two steps.
            versions[subject] = version + (form.step if version % 2 == 0 else 1)
            self.board.announce(self.number, subject.number, versions[subject])
        return versions

    def _version(self, subject: Subject, *, lock: bool) -> int:
        """Read the version from the database itself: from a peer's cache it could go back."""
        lock_clause = " FOR UPDATE" if lock and connection.vendor == "postgresql" else ""
        with connection.cursor() as cursor:
            cursor.execute(_VERSION[subject.kind] + lock_clause, subject.pks)
            return max(int(version) for (version,) in cursor.fetchall())


def _wait_for_predecessors() -> None:
    """Wait for the last statement of a killed writer, which the database server still executes to its end.

    Otherwise an older version could be written after a newer one, and every correct read would look stale.
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
