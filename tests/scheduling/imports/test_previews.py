import csv
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from scheduling.imports.choices import choices_of
from scheduling.imports.engine.files import read_table
from scheduling.imports.previews import PreviewMixin
from scheduling.models import Department, Employee, ImportRun
from tests.factories import DepartmentFactory, EmployeeFactory
from tests.scheduling.imports.test_pages import HEADER, PEOPLE, confirm, upload, url

WRONG = HEADER + b"amy@example.com,1,Amy,Reed,KTI\nbob@example.com,2,Bob,Lane,KTI\ncy@example.com,3,Cy,Lee,KIT\n"


def check_again(client: Client, preview: Any, **fields: str) -> Any:
    """Send the form of a preview with other contents; return the page that follows."""
    return client.post(
        preview.redirect_chain[-1][0], {**preview.context["confirm_form"].initial, **fields}, follow=True
    )


def import_it(client: Client, preview: Any, **fields: str) -> Any:
    form = {**preview.context["confirm_form"].initial, **fields}
    return client.post(url("process_import"), form, follow=True)


@contextmanager
def calls_of(function: Any) -> Iterator[list[str]]:
    """Yield a list that gets an item for each call of a function in this thread."""
    calls: list[str] = []

    def note(frame: FrameType, event: str, argument: object) -> None:
        if event == "call" and frame.f_code is function.__code__:
            calls.append(function.__name__)

    sys.setprofile(note)
    try:
        yield calls
    finally:
        sys.setprofile(None)


@pytest.fixture
def kitchen(db: None) -> Department:
    return DepartmentFactory(code="KIT", name="Kitchen")


@pytest.mark.usefixtures("kitchen")
class PreviewTests:
    def test_has_an_address_that_can_be_reloaded(self, admin_client: Client) -> None:
        preview = upload(admin_client, PEOPLE)
        address = preview.redirect_chain[-1][0]

        assert address == url("preview", key=ImportRun.objects.get().pk)
        for _ in range(2):
            assert "1 new, 0 updated, 0 unchanged." in admin_client.get(address).text
        assert ImportRun.objects.count() == 1
        assert not Employee.objects.exists()

    def test_leads_to_what_came_of_it_once_it_is_imported(self, admin_client: Client) -> None:
        preview = upload(admin_client, PEOPLE)
        confirm(admin_client, preview)

        again = admin_client.get(preview.redirect_chain[-1][0])
        assert again["Location"] == f"/admin/scheduling/importrun/{ImportRun.objects.get().pk}/change/"
        assert Employee.objects.count() == 1
        confirm(admin_client, preview)
        assert Employee.objects.count() == 1

    @pytest.mark.parametrize("outcome", ["running", "undone", "cancelled", "interrupted"])
    def test_leads_there_whatever_came_of_it(self, outcome: str, admin_client: Client) -> None:
        preview = upload(admin_client, PEOPLE)
        ImportRun.objects.update(outcome=outcome)
        page_of_run = f"/admin/scheduling/importrun/{ImportRun.objects.get().pk}/change/"

        assert admin_client.get(preview.redirect_chain[-1][0])["Location"] == page_of_run
        confirmed = confirm(admin_client, preview)
        assert confirmed.redirect_chain == [(page_of_run, 302)]
        assert "no longer there" not in confirmed.text

    @pytest.mark.parametrize("send", ["check_again", "import_it"])
    def test_what_is_chosen_is_not_written_into_a_run_that_has_begun(
        self, send: str, admin_client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        preview = upload(admin_client, PEOPLE)
        run = ImportRun.objects.get()
        sees = PreviewMixin.waiting_run

        def begins(*args: Any) -> Any:
            found = sees(*args)
            ImportRun.objects.update(outcome="running")
            return found

        monkeypatch.setattr(PreviewMixin, "waiting_run", begins)
        page = globals()[send](admin_client, preview, encoding="cp1252")

        assert ImportRun.objects.get().options == run.options
        assert page.redirect_chain[-1][0] == f"/admin/scheduling/importrun/{run.pk}/change/"
        assert "Nothing has been imported yet" not in page.text

    def test_is_made_with_what_is_chosen_and_without_another_upload(self, admin_client: Client) -> None:
        EmployeeFactory(email="amy@example.com")
        preview = upload(admin_client, b"email,hire_date\namy@example.com,11/05/2026\n")
        assert "Say which it is" in preview.text
        assert 'name="confirm"' not in preview.text

        preview = check_again(admin_client, preview, date_order="dmy")

        assert "1 updated" in preview.text
        assert ImportRun.objects.get().options["date_order"] == "dmy"
        assert "1 updated" in confirm(admin_client, preview).text
        assert str(Employee.objects.get().hire_date) == "2026-05-11"

    @pytest.mark.parametrize("send", ["check_again", "import_it"])
    @pytest.mark.parametrize("unreadable", [{"encoding": "utf-8"}, {"sheet": "Plan"}])
    def test_a_reading_that_is_impossible_is_said_and_all_other_choices_stay(
        self, unreadable: dict[str, str], send: str, admin_client: Client
    ) -> None:
        data = "Mail,Nr,first_name,last_name,Team\namy@example.com,1,Amy,Müller,KITCH\n".encode("cp1252")
        columns = {"Mail": "email", "Nr": "employee_number", "Team": "department_code"}
        preview = upload(admin_client, data)
        preview = check_again(admin_client, preview, **{f"column:{header}": name for header, name in columns.items()})
        preview = check_again(admin_client, preview, **{"value:department_code:KITCH": "=KIT", "cell-2-2": "Ann"})
        before = choices_of(ImportRun.objects.get())
        assert (before["columns"]["Mail"], before["mended"]) == ("email", {"2": {"first_name": "Ann"}})

        sent = {f"column:{header}": name for header, name in before["columns"].items()}
        page = globals()[send](admin_client, preview, date_order="dmy", **sent, **unreadable)

        assert "The file is read as before, and what else you have chosen is kept." in page.text
        assert choices_of(ImportRun.objects.get()) == {**before, "date_order": "dmy"}
        assert "1 new" in page.text
        assert not Employee.objects.exists()

    def test_nothing_is_imported_if_only_an_impossible_encoding_was_chosen(self, admin_client: Client) -> None:
        preview = upload(admin_client, HEADER + "amy@example.com,1,Amy,Müller,KIT\n".encode("cp1252"))

        page = import_it(admin_client, preview, encoding="utf-8")

        assert "Nothing has been imported yet" in page.text
        assert not Employee.objects.exists()

    def test_what_cannot_be_chosen_changes_nothing(self, admin_client: Client) -> None:
        preview = check_again(
            admin_client, upload(admin_client, PEOPLE), date_order="ymd", encoding="x", sheet="y" * 999
        )
        assert "1 new" in preview.text
        assert set(ImportRun.objects.get().options) == {"read_as"}


@pytest.mark.usefixtures("kitchen")
class MendingTests:
    def test_wrong_cells_are_mended_in_the_page_and_checked_again(self, admin_client: Client) -> None:
        preview = upload(admin_client, WRONG)
        assert 'name="cell-2-4" value="KTI"' in preview.text
        assert "same for all 2 equal values" in preview.text
        assert 'name="confirm"' not in preview.text

        preview = check_again(admin_client, preview, **{"cell-2-4": "KIT", "same-2-4": "1", "cell-3-4": "KTI"})

        assert "3 new, 0 updated, 0 unchanged." in preview.text
        assert "2 cells were mended by hand." in preview.text
        assert "Import finished: 3 new" in confirm(admin_client, preview).text
        run = ImportRun.objects.get()
        assert run.options["mended"] == {"2": {"department": "KIT"}, "3": {"department": "KIT"}}
        assert bytes(run.file) == WRONG
        assert {each.department.code for each in Employee.objects.all()} == {"KIT"}

    def test_the_file_is_read_once_for_all_that_was_sent(self, admin_client: Client) -> None:
        preview = upload(admin_client, WRONG)
        sent = {"cell-2-4": "KIT", "column:last_name": "last_name"}
        form = {**preview.context["confirm_form"].initial, **sent, "date_order": "dmy"}

        with calls_of(read_table) as calls:
            admin_client.post(preview.redirect_chain[-1][0], form)

        # Once as it is, and once with the columns that were chosen.
        assert len(calls) <= 2
        assert choices_of(ImportRun.objects.get())["mended"] == {"2": {"department": "KIT"}}

    def test_what_is_wrong_in_it_stays_wrong(self, admin_client: Client) -> None:
        preview = check_again(admin_client, upload(admin_client, WRONG), **{"cell-2-4": "KIX"})

        assert 'value="KIX"' in preview.text
        assert 'value="KTI"' in preview.text
        assert "2 rows have errors" in preview.text

    def test_what_was_written_is_checked_before_it_is_imported(self, admin_client: Client) -> None:
        page = import_it(admin_client, upload(admin_client, WRONG), **{"cell-2-4": "KIT", "valid_only": "1"})

        assert "What you have changed was checked. Nothing has been imported yet." in page.text
        assert "1 row has errors" in page.text
        assert not Employee.objects.exists()

    def test_so_is_what_was_changed_on_another_page(self, admin_client: Client) -> None:
        preview = upload(admin_client, WRONG)
        check_again(admin_client, preview, **{"cell-2-4": "KIT", "same-2-4": "1"})

        page = confirm(admin_client, preview)

        assert "Nothing has been imported yet." in page.text
        assert not Employee.objects.exists()
        assert "Import finished: 3 new" in confirm(admin_client, page).text

    def test_a_text_that_is_too_long_is_a_sentence(self, admin_client: Client) -> None:
        page = check_again(admin_client, upload(admin_client, WRONG), **{"cell-2-4": "x" * 501})
        assert "Row 2: the text has 501 characters." in page.text

    def test_cells_of_another_table_are_forgotten(self, admin_client: Client) -> None:
        preview = check_again(admin_client, upload(admin_client, WRONG), **{"cell-2-4": "KIT"})

        page = check_again(admin_client, preview, encoding="cp1252")

        assert "the cell that was mended is as it is in the file" in page.text
        assert "mended" not in ImportRun.objects.get().options

    @pytest.mark.parametrize("reading", [{}, {"encoding": "utf-8"}, {"sheet": "Plan"}])
    def test_so_are_those_of_what_is_read_in_another_way_when_that_is_forgotten(
        self, reading: dict[str, str], admin_client: Client
    ) -> None:
        preview = check_again(admin_client, upload(admin_client, WRONG), **{"cell-2-4": "KIT"})
        run = ImportRun.objects.get()
        ImportRun.objects.update(options={**run.options, **reading})

        page = check_again(admin_client, preview, forget="1")

        assert ("the cell that was mended is as it is in the file" in page.text) is bool(reading)
        assert ("mended" in ImportRun.objects.get().options) is not bool(reading)

    def test_nobody_else_mends_an_upload(self, admin_client: Client) -> None:
        preview = upload(admin_client, WRONG)
        other = Client()
        other.force_login(User.objects.create_superuser("other"))

        for address in (preview.redirect_chain[-1][0], url("refused", key=ImportRun.objects.get().pk)):
            assert "The uploaded file is no longer there." in other.get(address, follow=True).text
        assert "no longer there" in check_again(other, preview, **{"cell-2-4": "KIT"}).text
        assert "mended" not in ImportRun.objects.get().options

    def test_needs_the_permission_to_import(self, admin_client: Client, client: Client) -> None:
        preview = upload(admin_client, WRONG)
        user = User.objects.create_user("staff", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=["view_employee", "add_employee"]))
        ImportRun.objects.update(user=user)
        client.force_login(user)

        address = preview.redirect_chain[-1][0]
        assert [client.get(address).status_code, client.post(address).status_code] == [403, 403]
        assert client.get(url("refused", key=ImportRun.objects.get().pk)).status_code == 403


@pytest.mark.usefixtures("kitchen")
class ValidRowsTests:
    def test_are_imported_alone_if_that_is_chosen(self, admin_client: Client) -> None:
        preview = upload(admin_client, WRONG)
        assert "Import the 1 valid row" in preview.text
        assert "Import the" not in upload(admin_client, PEOPLE.replace(b"KIT", b"KTI")).text

        page = import_it(admin_client, preview, valid_only="1")

        assert "Import finished: 1 new, 0 updated, 0 unchanged." in page.text
        assert "2 rows were refused and left out." in page.text
        run = ImportRun.objects.get(outcome="imported")
        assert (run.new, run.refused, run.options["valid_only"]) == (1, 2, True)
        assert page.redirect_chain[-1][0].endswith(f"/importrun/{run.pk}/change/")

    def test_without_that_choice_it_is_all_or_nothing(self, admin_client: Client) -> None:
        page = import_it(admin_client, upload(admin_client, WRONG))

        assert "Nothing was imported" in page.text
        assert not Employee.objects.exists()


@pytest.mark.usefixtures("kitchen")
class RefusedRowsTests:
    def test_are_downloaded_with_their_reasons_mended_and_uploaded(self, admin_client: Client) -> None:
        preview = check_again(admin_client, upload(admin_client, WRONG), **{"cell-3-2": "Robert"})
        address = url("refused", key=ImportRun.objects.get().pk)
        assert address in preview.text

        response = admin_client.get(address)

        assert response["Content-Disposition"] == 'attachment; filename="refused.csv"'
        rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))
        assert rows[0] == ["email", "employee_number", "first_name", "last_name", "department", "Error"]
        assert [row[:5] for row in rows[1:]] == [
            ["amy@example.com", "1", "Amy", "Reed", "KTI"],
            ["bob@example.com", "2", "Robert", "Lane", "KTI"],
        ]
        assert all("Did you mean 'KIT'?" in row[5] for row in rows[1:])
        assert "2 new" in upload(admin_client, response.content.replace(b"KTI", b"KIT")).text

    def test_texts_that_a_spreadsheet_would_evaluate_are_marked(self, admin_client: Client) -> None:
        upload(admin_client, WRONG.replace(b"Amy", b"=cmd()"))
        assert ",'=cmd(),Reed,KTI," in admin_client.get(url("refused", key=ImportRun.objects.get().pk)).text

    def test_without_any_there_is_no_file(self, admin_client: Client) -> None:
        upload(admin_client, PEOPLE)
        page = admin_client.get(url("refused", key=ImportRun.objects.get().pk), follow=True)
        assert "No row is refused." in page.text
