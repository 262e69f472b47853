from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from scheduling.imports.background.watching import cancel, end_dead_runs, look, note_death, signs_of
from scheduling.models import ImportRun
from tests.factories import ImportRunFactory
from tests.scheduling.admin.pages import url
from tests.scheduling.imports.background.running import cancel_url, page_of

pytestmark = pytest.mark.django_db(transaction=True)
WRITING = {"step": "writing", "done": 400, "total": 1000, "seconds": 4, "rate": 100.0}


@pytest.fixture
def run() -> ImportRun:
    """A run that this process holds."""
    made: Any = ImportRunFactory(outcome="running", lease="a", new=1000)
    signs = signs_of(made.pk)
    assert signs.take("a")
    yield made
    signs.give_up()
    signs.clear()


class LookTests:
    def test_says_nothing_of_a_run_that_has_ended(self) -> None:
        assert look(ImportRunFactory()) is None

    def test_tells_how_far_it_is(self, run: ImportRun) -> None:
        signs_of(run.pk).beat("a", WRITING)

        found = look(run)

        assert found is not None
        assert (found.done, found.total, found.percent, found.rate) == (400, 1000, 40, 100)
        assert found.step == "The rows are being written."
        assert found.seconds_left == pytest.approx(6, abs=1)
        assert found.silent_seconds is None

    def test_before_the_first_row_the_time_left_is_that_of_earlier_imports(self, run: ImportRun) -> None:
        ImportRunFactory(new=1000, seconds=10)
        signs_of(run.pk).beat("a", {"step": "checking", "done": 0, "total": 1000, "seconds": 4, "rate": None})
        found = look(run)
        assert found is not None
        assert found.seconds_left == pytest.approx(6, abs=1)

        signs_of(run.pk).beat("a", {"step": "checking", "done": 0, "total": 1000, "seconds": 40, "rate": None})

        found = look(run)
        assert found is not None
        assert found.seconds_left is None

    def test_says_that_it_waits_for_a_task(self) -> None:
        found = look(ImportRunFactory(outcome="running", new=5))

        assert found is not None
        assert (found.step, found.total) == ("The import waits for a process that has time for it.", 5)

    def test_a_dead_one_is_interrupted(self, run: ImportRun) -> None:
        signs_of(run.pk).beat("a", WRITING)
        _die(run)

        assert look(run) is None
        assert run.outcome == "interrupted"
        run.refresh_from_db()
        assert (run.outcome, run.new, run.skipped, run.lease) == ("interrupted", 0, 1000, "")

    def test_the_list_says_so_too(self, run: ImportRun, admin_client: Client) -> None:
        _die(run)

        page = admin_client.get(url("changelist", model=ImportRun)).text

        assert "interrupted, nothing was imported" in page

    def test_a_living_one_is_not_ended_by_the_list(self, run: ImportRun) -> None:
        signs_of(run.pk).beat("a", WRITING)

        end_dead_runs(["employees"])

        run.refresh_from_db()
        assert run.outcome == "running"


class PageTests:
    def test_refreshes_itself_while_it_runs_without_a_script(self, run: ImportRun, admin_client: Client) -> None:
        signs_of(run.pk).beat("a", WRITING)
        page = admin_client.get(page_of(run)).text
        assert '<meta http-equiv="refresh" content="2">' in page
        assert "400 of 1,000 rows" in page
        assert "100 rows per second" in page
        assert "s left" in page
        # What the preview has counted is not imported yet.
        assert "field-new" not in page

        _die(run)

        page = admin_client.get(page_of(run)).text
        assert "http-equiv" not in page
        assert "interrupted, nothing was imported" in page
        assert cancel_url(run) not in page

    def test_a_silent_process_is_promised_nothing(self, run: ImportRun, monkeypatch: pytest.MonkeyPatch) -> None:
        signs_of(run.pk).beat("a", WRITING)
        monkeypatch.setattr("scheduling.imports.background.watching._LATE_SECONDS", -1)

        found = look(run)

        assert found is not None
        assert found.seconds_left is None
        assert found.silent_seconds is not None


class CancelTests:
    def test_asks_the_process(self, run: ImportRun, admin_client: Client) -> None:
        signs_of(run.pk).beat("a", WRITING)

        admin_client.post(cancel_url(run))

        assert signs_of(run.pk).beat("a", WRITING).stopped_by == User.objects.get().pk

    def test_ends_what_waits_for_a_task(self) -> None:
        run, user = ImportRunFactory(outcome="running"), User.objects.create_user("amy")

        cancel(run, user)

        run.refresh_from_db()
        assert (run.outcome, run.cancelled_by) == ("cancelled", user)
        assert LogEntry.objects.get().change_message == "Import cancelled."

    def test_does_nothing_to_what_has_ended(self, admin_client: Client) -> None:
        run = ImportRunFactory()

        page = admin_client.post(cancel_url(run), follow=True).text

        run.refresh_from_db()
        assert (run.outcome, run.cancelled_by) == ("imported", None)
        assert "It was too late to cancel this import: it has ended." in page

    def test_says_so_also_if_it_ends_at_the_same_moment(self, run: ImportRun) -> None:
        """The row that was read says that the run is running, and it has ended by now."""
        user = User.objects.create_user("amy")
        assert cancel(run, user)
        assert signs_of(run.pk).clear() == (user.pk if connection.vendor == "sqlite" else None)
        ImportRun.objects.filter(pk=run.pk).update(outcome="imported", lease="", cancelled_by=None)

        assert not cancel(run, user)

        run.refresh_from_db()
        assert run.cancelled_by is None

    def test_is_for_those_who_may_import_the_kind_and_no_link(self, run: ImportRun, client: Client) -> None:
        client.force_login(User.objects.create_user("viewer", is_staff=True))
        assert client.post(cancel_url(run)).status_code == 404
        client.force_login(User.objects.create_superuser("boss"))
        assert client.get(cancel_url(run)).status_code == 405


class NoteDeathTests:
    def test_keeps_what_was_printed(self, run: ImportRun) -> None:
        note_death(run.pk, "a", "Traceback")

        run.refresh_from_db()
        assert (run.outcome, run.log) == ("interrupted", "Traceback")

    def test_also_if_somebody_has_looked_before(self, run: ImportRun) -> None:
        _die(run)
        look(run)

        note_death(run.pk, "a", "Traceback")

        run.refresh_from_db()
        assert run.log == "Traceback"

    def test_leaves_a_run_alone_that_another_process_has_by_now(self, run: ImportRun) -> None:
        ImportRun.objects.update(lease="b")

        note_death(run.pk, "a", "Traceback")

        run.refresh_from_db()
        assert (run.outcome, run.log) == ("running", "")


def _die(run: ImportRun) -> None:
    """Let the process of a run be dead: its lock is free, and its last sign is old."""
    if connection.vendor == "sqlite":
        signs_of(run.pk).clear()
    else:
        ImportRun.objects.filter(pk=run.pk).update(heartbeat_at="2026-01-01T00:00Z")
