import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from scheduling.imports.background.watching import end_run, look, signs_of
from scheduling.imports.background.worker import run_import
from scheduling.imports.engine.problems import FileError
from scheduling.models import Department, Employee, ImportRun
from tests.factories import EmployeeFactory, ImportRunFactory, ScheduleFactory, ShiftFactory
from tests.processes import Child
from tests.scheduling.admin.shared.test_guarded_fields import MAY_CHANGE_PEOPLE, staff
from tests.scheduling.imports.background.running import HeldImport, cancel_url, page_of, people
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


class RunImportTests:
    def test_imports_as_the_request_would(self, run: ImportRun) -> None:
        assert run_import(run.pk).outcome == "imported"

        run.refresh_from_db()
        assert (run.outcome, run.new, run.lease) == ("imported", 3, "")
        assert run.finished_at is not None
        assert run.changes
        assert LogEntry.objects.filter(user=run.user, action_flag=1).count() == 3

    def test_what_is_wrong_by_now_is_refused(self, run: ImportRun) -> None:
        Department.objects.update(code="GONE", name="Gone")

        assert run_import(run.pk).outcome == "refused"

        run.refresh_from_db()
        assert (run.outcome, run.refused, len(run.problems)) == ("refused", 3, 3)
        assert not Employee.objects.exists()

    def test_takes_the_options_of_the_run(self, kitchen: Department) -> None:
        EmployeeFactory(email="amy@example.com")
        data = b"Mail,hire_date\namy@example.com,11/05/2026\n"
        options = {"date_order": "dmy", "columns": {"Mail": "email"}}
        run = ImportRunFactory(outcome="previewed", file=data, options=options)

        assert run_import(run.pk).outcome == "imported"
        assert str(Employee.objects.get().hire_date) == "2026-05-11"

    def test_takes_the_selection_of_the_run(self) -> None:
        schedule = ScheduleFactory()
        amy, bob = EmployeeFactory.create_batch(2, department=schedule.department)
        shift = ShiftFactory()
        data = f"employee,shift,date\n{bob.email},{shift.name},{schedule.week_start}\n".encode()
        run = ImportRunFactory(
            kind="assignments", outcome="previewed", file=data, options={"only": f"employee:{amy.pk}"}
        )

        assert run_import(run.pk).outcome == "refused"

    def test_imports_the_valid_rows_alone_if_that_was_confirmed(self, kitchen: Department) -> None:
        run = ImportRunFactory(
            outcome="previewed", file=people(2) + b"\nnobody,2,P,Q,KIT\n", options={"valid_only": True}
        )

        assert run_import(run.pk).outcome == "imported"

        run.refresh_from_db()
        assert (run.new, run.refused) == (2, 1)

    @pytest.mark.parametrize("is_there", [True, False])
    def test_refuses_what_the_user_may_not_change(self, is_there: bool, kitchen: Department) -> None:
        EmployeeFactory(email="amy@example.com", phone="1")
        data = b"email,phone\namy@example.com,2\n"
        run = ImportRunFactory(outcome="previewed", file=data, user=staff(*MAY_CHANGE_PEOPLE) if is_there else None)

        assert run_import(run.pk).outcome == "refused"
        assert Employee.objects.get().phone == "1"

    def test_speaks_the_language_of_the_user(self, kitchen: Department) -> None:
        run = ImportRunFactory(outcome="previewed", file=b"email\nnobody\n", options={"language": "de"})

        run_import(run.pk)

        run.refresh_from_db()
        assert "gültige E-Mail-Adresse" in " ".join([*run.notes, *(problem[3] for problem in run.problems)])

    @pytest.mark.parametrize("outcome", ["interrupted", "cancelled"])
    def test_what_was_stopped_can_be_started_again(self, outcome: str, kitchen: Department) -> None:
        run = ImportRunFactory(outcome=outcome, file=people(2))

        assert run_import(run.pk).outcome == "imported"

    @pytest.mark.parametrize("outcome", ["imported", "undone", "refused", "undo"])
    def test_what_has_ended_is_not(self, outcome: str, kitchen: Department) -> None:
        with pytest.raises(FileError, match="cannot be imported, because it is"):
            run_import(ImportRunFactory(outcome=outcome, file=people(2)).pk)

    def test_what_waits_for_a_task_is_taken_by_one(self, kitchen: Department) -> None:
        run = ImportRunFactory(outcome="running", file=people(2))

        assert run_import(run.pk).outcome == "imported"


class HeldTests:
    def test_a_run_that_another_process_holds_is_refused(self, held: HeldImport, run: ImportRun) -> None:
        with pytest.raises(FileError, match="Another process imports this upload"):
            run_import(run.pk)

        assert held.go_on() == "imported"
        assert Employee.objects.count() == 3

    def test_killed_in_the_middle_it_leaves_nothing_behind_and_says_so(
        self, held: HeldImport, run: ImportRun, admin_client: Client
    ) -> None:
        run.refresh_from_db()
        assert look(run) is not None
        os.kill(held.child.pid, signal.SIGKILL)
        held.child.wait()

        wait_until(lambda: "interrupted, nothing was imported" in admin_client.get(page_of(run)).text, seconds=15)

        assert not Employee.objects.exists()
        run.refresh_from_db()
        assert (run.outcome, run.new, run.skipped, run.lease) == ("interrupted", 0, 3, "")
        assert run_import(run.pk).outcome == "imported"
        assert Employee.objects.count() == 3

    def test_cancelled_in_the_middle_it_leaves_nothing_behind_and_says_who(
        self, held: HeldImport, run: ImportRun, admin_client: Client
    ) -> None:
        page = admin_client.get(page_of(run)).text
        assert cancel_url(run) in page

        page = admin_client.post(cancel_url(run), follow=True).text

        assert "cancelled it" in page
        assert cancel_url(run) not in page
        wait_until(lambda: signs_of(run.pk).look(run).progress.get("stopping"))
        assert held.go_on() == "cancelled"
        assert not Employee.objects.exists()
        run.refresh_from_db()
        assert (run.outcome, run.cancelled_by) == ("cancelled", User.objects.get())
        assert LogEntry.objects.get(change_message="Import cancelled.").object_id == str(run.pk)
        page = admin_client.get(page_of(run)).text
        assert "http-equiv" not in page
        assert "cancelled, nothing was imported" in page

    def test_cancelled_when_it_is_recorded_it_is_imported_and_says_that_it_was_too_late(
        self, run: ImportRun, admin_client: Client, start_child: Callable[[], Child], tmp_path: Path
    ) -> None:
        held = HeldImport(start_child(), run, tmp_path, before='SELECT "scheduling_importrun"."options"')
        admin_client.post(cancel_url(run))
        wait_until(lambda: signs_of(run.pk).look(run).progress.get("stopping"))

        assert held.go_on() == "imported"

        run.refresh_from_db()
        assert (run.outcome, run.new, run.cancelled_by) == ("imported", 3, None)
        assert run.notes == ["admin cancelled this import too late: it could not be stopped any more."]
        assert "admin cancelled this import too late" in admin_client.get(page_of(run)).text

    def test_it_cannot_end_a_run_that_was_taken_from_it(self, held: HeldImport, run: ImportRun) -> None:
        """As if its process had slept for a minute, was declared dead, and wakes up."""
        if connection.vendor == "sqlite":
            pytest.skip("Nobody can declare it dead while it holds the lock of the database.")
        assert end_run(run.pk, ImportRun.Outcome.INTERRUPTED, lease=ImportRun.objects.get(pk=run.pk).lease)

        assert held.go_on() != "imported"
        assert not Employee.objects.exists()
        run.refresh_from_db()
        assert run.outcome == "interrupted"
