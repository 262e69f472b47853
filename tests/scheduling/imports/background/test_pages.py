import pytest
from django.test import Client

from scheduling.models import Employee, ImportRun
from tests.scheduling.imports.background.running import page_of, people, uploaded
from tests.scheduling.imports.test_pages import confirm, url
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.usefixtures("outside")
class LongImportTests:
    def test_a_long_one_leads_to_the_page_of_its_run_and_cannot_be_confirmed_again(self, admin_client: Client) -> None:
        run, preview = uploaded(admin_client, people(3))

        assert confirm(admin_client, preview).redirect_chain == [(page_of(run), 302)]
        again = confirm(admin_client, preview)

        assert again.redirect_chain == [(page_of(run), 302)]
        wait_until(lambda: ImportRun.objects.get(pk=run.pk).outcome == "imported", seconds=60)
        assert Employee.objects.count() == 3

    def test_a_file_of_another_user_is_not_started(self, admin_client: Client) -> None:
        run, preview = uploaded(admin_client, people(3))
        ImportRun.objects.update(user=None)

        confirm(admin_client, preview)

        run.refresh_from_db()
        assert run.outcome == "previewed"

    def test_only_a_form_that_was_sent_starts_one(self, admin_client: Client) -> None:
        run = uploaded(admin_client, people(3))[0]

        assert admin_client.get(url("process_import")).status_code == 405
        run.refresh_from_db()
        assert run.outcome == "previewed"
