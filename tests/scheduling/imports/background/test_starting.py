import sys
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import transaction
from django.test import Client

from scheduling.imports.background import starting
from scheduling.models import Department, Employee, ImportRun
from tests.scheduling.imports.background.running import page_of, people, uploaded
from tests.scheduling.imports.test_pages import confirm
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.usefixtures("outside")
class ProcessTests:
    def test_imports_what_was_confirmed(self, admin_client: Client) -> None:
        run, preview = uploaded(admin_client, people(3))

        done = confirm(admin_client, preview)

        assert done.redirect_chain == [(page_of(run), 302)]
        wait_until(lambda: "http-equiv" not in admin_client.get(page_of(run)).text, seconds=60)
        run.refresh_from_db()
        assert (run.outcome, run.new, run.lease, run.log) == ("imported", 3, "", "")
        assert Employee.objects.count() == 3
        assert LogEntry.objects.filter(change_message="Imported from a file.").count() == 3

    def test_that_cannot_be_started_leaves_the_import_to_the_request(
        self, admin_client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        preview = uploaded(admin_client, people(3))[1]
        monkeypatch.setattr(sys, "executable", "/nowhere/python")

        assert "Import finished: 3 new" in confirm(admin_client, preview).text

    def test_that_fails_says_why(self, admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        run, preview = uploaded(admin_client, people(3))
        # The child has no settings that work.
        monkeypatch.setenv("DATABASE_STATEMENT_SECONDS", "soon")

        confirm(admin_client, preview)

        wait_until(lambda: "ValueError" in ImportRun.objects.get(pk=run.pk).log, seconds=60)
        page = admin_client.get(page_of(run)).text
        assert "interrupted, nothing was imported" in page
        assert "ValueError" in page


class StartsOutsideTests:
    def starts(self, run: ImportRun, settings: Any, predicted: float) -> bool:
        settings.IMPORT_ROWS_PER_SECOND = 3 / predicted
        return starting.starts_outside(run.pk, run.user, {})

    def test_a_short_import_stays_in_the_request(self, run: ImportRun, settings: Any) -> None:
        assert not self.starts(run, settings, predicted=2.9)

    def test_a_long_one_does_not(self, run: ImportRun, settings: Any, outside: None) -> None:
        settings.IMPORT_SECONDS_IN_REQUEST = 3
        assert self.starts(run, settings, predicted=3.1)

    def test_what_no_other_process_would_see_stays_in_the_request(self, run: ImportRun, settings: Any) -> None:
        with transaction.atomic():
            assert not self.starts(run, settings, predicted=1000)

    def test_what_is_confirmed_twice_starts_once(
        self, run: ImportRun, settings: Any, kitchen: Department, outside: None
    ) -> None:
        assert self.starts(run, settings, predicted=1000)
        assert not self.starts(run, settings, predicted=1000)

    @pytest.mark.parametrize("options", [{}, {"valid_only": True}])
    def test_only_what_is_confirmed_now_counts(
        self, options: dict[str, Any], run: ImportRun, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ImportRun.objects.update(options={"valid_only": True, "sheet": "Plan"})
        settings.IMPORT_SECONDS_IN_REQUEST = 0
        monkeypatch.setattr(starting, "start", lambda key, **values: values)

        started = starting.starts_outside(run.pk, run.user, options)

        assert started == {"user": run.user, "options": {"sheet": "Plan", **options, "language": "en"}}
