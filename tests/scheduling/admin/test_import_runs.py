from typing import Any

import pytest
from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from scheduling.models import Department, Employee, ImportRun
from tests.factories import DepartmentFactory, EmployeeFactory, ImportRunFactory
from tests.scheduling.admin.conftest import LogIn
from tests.scheduling.admin.pages import url
from tests.scheduling.admin.shared.test_guarded_fields import MAY_CHANGE_PEOPLE, logged_in, staff
from tests.scheduling.imports.test_pages import PEOPLE, confirm, upload

pytestmark = pytest.mark.django_db
RATES = [[2, "Wage", "12,x", "'12,x' is not a number."], [3, "email", "amy", "This is no address."]]
EVERY_GROUP = pytest.mark.parametrize("group", ["Viewer", "Planner", "Manager", "Administrator"])


def file_url(run: ImportRun) -> str:
    return reverse("admin:scheduling_importrun_file", args=[run.pk])


class ListTests:
    @EVERY_GROUP
    def test_has_the_runs_of_what_the_group_may_import(self, group: str, log_in: LogIn) -> None:
        runs = [ImportRunFactory(kind=kind) for kind in ("employees", "assignments", "schedules", "rules")]
        seen = {"Viewer": 0, "Planner": 2}.get(group, 4)
        client = log_in(group)

        page = client.get(url("changelist", model=ImportRun))

        assert page.status_code == (200 if seen else 403)
        assert seen == 0 or len(page.context["cl"].result_list) == seen
        statuses = [client.get(url("change", run)).status_code for run in runs]
        assert statuses.count(200) == seen

    def test_reads_no_files_and_asks_as_often_for_many(self, admin_client: Client) -> None:
        address = url("changelist", model=ImportRun)
        ImportRunFactory(user=User.objects.get())
        admin_client.get(address)
        with CaptureQueriesContext(connection) as few:
            admin_client.get(address)
        for number in range(5):
            ImportRunFactory(user=User.objects.create_user(f"user{number}"))
        with CaptureQueriesContext(connection) as many:
            admin_client.get(address)

        assert len(many) == len(few)
        assert not [query for query in many if '"file"' in query["sql"]]
        rows = next(
            query["sql"] for query in many if 'JOIN "auth_user"' in query["sql"] and "importrun" in query["sql"]
        )
        assert '"auth_user"."username"' in rows
        for name in ("file", "changes", "options", "problems", "log"):
            assert f'"scheduling_importrun"."{name}"' not in rows

    def test_is_filtered_by_kind_and_outcome(self, admin_client: Client) -> None:
        ImportRunFactory(kind="rules", outcome="refused")
        ImportRunFactory(kind="rules")
        ImportRunFactory()
        address = url("changelist", model=ImportRun)

        found = admin_client.get(address, {"kind": "rules", "outcome__exact": "refused"}).context["cl"].result_list

        assert [run.outcome for run in found] == ["refused"]

    def test_nobody_adds_changes_or_deletes_a_run(self, admin_client: Client) -> None:
        run = ImportRunFactory()

        assert admin_client.get(url("add", model=ImportRun)).status_code == 403
        assert admin_client.post(url("change", run), {}).status_code == 403
        assert admin_client.post(url("delete", run), {"post": "yes"}).status_code == 403


class PageTests:
    def test_tells_what_came_of_an_upload(self, admin_client: Client) -> None:
        DepartmentFactory(code="KIT")
        confirm(admin_client, upload(admin_client, PEOPLE))

        text = admin_client.get(url("change", ImportRun.objects.get())).text

        assert "people.csv" in text
        assert "The column “department” is read as department_code." in text
        assert "database 1" in text

    def test_has_the_errors_of_a_refused_file(self, admin_client: Client) -> None:
        upload(admin_client, PEOPLE)

        text = admin_client.get(url("change", ImportRun.objects.get(outcome="refused"))).text

        assert "No department has the code &#x27;KIT&#x27;." in text

    @pytest.mark.parametrize(("more", "seen"), [((), False), (("view_hourly_rate", "view_phone"), True)])
    def test_says_what_was_mended_by_hand(self, more: tuple[str, ...], seen: bool) -> None:
        options = {
            "mended": {"2": {"Wage": "12.5", "role": "Chef"}},
            "read_as": {"Wage": "hourly_rate", "role": "role"},
        }
        run = ImportRunFactory(file=b"email,Wage,role\namy@example.com,twelve,Cook\n", options=options)
        text = logged_in(staff(*MAY_CHANGE_PEOPLE, *more)).get(url("change", run)).text

        assert "<td>2</td><td>role</td><td>Cook</td><td>Chef</td>" in text
        assert ("<td>2</td><td>Wage</td><td>twelve</td><td>12.5</td>" in text) is seen
        assert ("12.5" in text) is seen

    def test_says_it_without_the_file_too(self, admin_client: Client) -> None:
        run = ImportRunFactory(file=b"", options={"mended": {"2": {"role": "Chef"}}})
        assert "<td>2</td><td>role</td><td></td><td>Chef</td>" in admin_client.get(url("change", run)).text

    @pytest.mark.parametrize(("more", "seen"), [((), False), (("view_hourly_rate", "view_phone"), True)])
    def test_has_the_log_for_those_who_may_have_the_file(self, more: tuple[str, ...], seen: bool) -> None:
        run = ImportRunFactory(outcome="interrupted", log="Traceback of 77.77")
        assert ("77.77" in logged_in(staff(*MAY_CHANGE_PEOPLE, *more)).get(url("change", run)).text) is seen

    @pytest.mark.parametrize(("more", "seen"), [((), False), (("view_hourly_rate", "view_phone"), True)])
    def test_tells_no_values_of_hidden_columns(self, more: tuple[str, ...], seen: bool) -> None:
        run = ImportRunFactory(problems=RATES, options={"read_as": {"Wage": "hourly_rate", "email": "email"}})
        text = logged_in(staff(*MAY_CHANGE_PEOPLE, *more)).get(url("change", run)).text

        assert ("12,x" in text) is seen
        assert ("You may not see this column." in text) is not seen
        assert "This is no address." in text


class FileTests:
    def test_is_downloaded_as_it_was_uploaded(self, admin_client: Client) -> None:
        run = ImportRunFactory(file_name="<x>.html", file=b"\xff<script>")

        response = admin_client.get(file_url(run))

        assert response.content == b"\xff<script>"
        assert response["Content-Type"] == "application/octet-stream"
        assert response["Content-Disposition"].startswith("attachment")
        assert file_url(run) in admin_client.get(url("change", run)).text

    @pytest.mark.parametrize(
        ("kind", "more", "status"),
        [
            ("employees", (), 403),
            ("employees", ("view_phone",), 403),
            ("employees", ("view_phone", "change_hourly_rate"), 200),
            ("departments", (), 404),
        ],
    )
    def test_is_for_those_who_may_see_all_that_it_may_hold(self, kind: str, more: tuple[str, ...], status: int) -> None:
        run = ImportRunFactory(kind=kind)
        client = logged_in(staff(*MAY_CHANGE_PEOPLE, *more))

        assert client.get(file_url(run)).status_code == status
        assert (file_url(run) in client.get(url("change", run)).text) is (status == 200)

    def test_is_gone_when_it_was_deleted(self, admin_client: Client) -> None:
        run = ImportRunFactory(file=b"")

        assert admin_client.get(file_url(run)).status_code == 404
        assert file_url(run) not in admin_client.get(url("change", run)).text


def undo_url(run: ImportRun) -> str:
    return reverse("admin:scheduling_importrun_undo", args=[run.pk])


class UndoTests:
    @pytest.fixture
    def run(self, admin_client: Client) -> ImportRun:
        """Two new departments."""
        confirm(admin_client, upload(admin_client, b"code,name\nKIT,Kitchen\nBAR,Bar\n", "department"), "department")
        return ImportRun.objects.get()

    def test_is_shown_confirmed_and_done(self, admin_client: Client, run: ImportRun) -> None:
        assert undo_url(run) in admin_client.get(url("change", run)).text
        page = admin_client.get(undo_url(run))
        assert "2 new rows deleted" in page.text
        assert Department.objects.count() == 2

        done = admin_client.post(undo_url(run), follow=True)

        assert not Department.objects.exists()
        undo = ImportRun.objects.get(outcome="undo")
        assert done.redirect_chain == [(url("change", undo), 302)]
        assert "2 new rows deleted" in done.text
        assert url("change", run) in done.text
        assert url("change", undo) in admin_client.get(url("change", run)).text
        entries = LogEntry.objects.filter(action_flag=DELETION).values_list("object_repr", "change_message")
        assert set(entries) == {("Kitchen (KIT)", "Import undone."), ("Bar (BAR)", "Import undone.")}

    def test_names_the_rows_that_are_left(self, admin_client: Client, run: ImportRun) -> None:
        Department.objects.filter(code="KIT").update(description="<b>mine</b>")

        assert "Changed since: description." in admin_client.get(undo_url(run)).text
        done = admin_client.post(undo_url(run), follow=True)

        assert Department.objects.get().code == "KIT"
        assert "Changed since: description." in done.text
        assert "Kitchen (KIT)" in done.text

    def test_where_everything_was_touched_there_is_no_button(self, admin_client: Client, run: ImportRun) -> None:
        Department.objects.update(description="mine")

        assert 'type="submit" class="default"' not in admin_client.get(undo_url(run)).text
        done = admin_client.post(undo_url(run), follow=True)

        assert done.redirect_chain == [(url("change", run), 302)]
        assert Department.objects.count() == 2

    def test_is_not_offered_twice(self, admin_client: Client, run: ImportRun) -> None:
        admin_client.post(undo_url(run))

        assert undo_url(run) not in admin_client.get(url("change", run)).text
        assert (
            "This import cannot be undone, because it is: undone." in admin_client.post(undo_url(run), follow=True).text
        )

    def test_is_for_those_who_may_import_the_kind(self, run: ImportRun, log_in: LogIn) -> None:
        for group, status in (("Viewer", 404), ("Planner", 404), ("Manager", 200)):
            assert log_in(group).get(undo_url(run)).status_code == status
        assert log_in("Administrator").post(undo_url(run)).status_code == 302
        assert not Department.objects.exists()

    def test_a_phone_number_is_put_back_by_those_who_may_change_it(self, admin_client: Client) -> None:
        EmployeeFactory(email="amy@example.com", phone="1")
        confirm(admin_client, upload(admin_client, b"email,phone\namy@example.com,2\n"))
        run = ImportRun.objects.get()

        user = staff(*MAY_CHANGE_PEOPLE)
        page = logged_in(user).post(undo_url(run), follow=True)

        assert "This import has changed &#x27;phone&#x27;, which you may not change." in page.text
        assert Employee.objects.get().phone == "2"
        user.user_permissions.add(Permission.objects.get(codename="change_phone"))
        logged_in(user).post(undo_url(run))
        assert Employee.objects.get().phone == "1"


class RefusedRowsTests:
    FILE = b"email,Wage\namy@example.com,x\nbob@example.com,2\n"
    LEFT_OUT: Any = {"file": FILE, "refused": 1, "problems": [[2, "Wage", "x", "Write a number."]]}

    def test_are_downloaded_with_their_reasons(self, admin_client: Client) -> None:
        run = ImportRunFactory(**self.LEFT_OUT)
        address = reverse("admin:scheduling_importrun_refused", args=[run.pk])
        assert address in admin_client.get(url("change", run)).text

        assert admin_client.get(address).content.decode("utf-8-sig") == (
            "email,Wage,Error\r\namy@example.com,x,Write a number.\r\n"
        )

    def test_are_as_they_were_mended(self, admin_client: Client) -> None:
        run = ImportRunFactory(**self.LEFT_OUT, options={"mended": {"2": {"Wage": "y"}}})
        assert (
            "amy@example.com,y," in admin_client.get(reverse("admin:scheduling_importrun_refused", args=[run.pk])).text
        )

    @pytest.mark.parametrize("values", [{"refused": 0}, {"outcome": "refused"}, {"file": b""}, {"file": b"PK\x03\x04"}])
    def test_are_there_of_imports_that_have_left_rows_out(self, values: dict[str, Any], admin_client: Client) -> None:
        run = ImportRunFactory(**{**self.LEFT_OUT, **values})
        assert admin_client.get(reverse("admin:scheduling_importrun_refused", args=[run.pk])).status_code == 404

    @pytest.mark.parametrize(("more", "status"), [((), 403), (("view_hourly_rate", "view_phone"), 200)])
    def test_are_for_those_who_may_have_the_file(self, more: tuple[str, ...], status: int) -> None:
        run = ImportRunFactory(**self.LEFT_OUT)
        client = logged_in(staff(*MAY_CHANGE_PEOPLE, *more))
        address = reverse("admin:scheduling_importrun_refused", args=[run.pk])
        assert client.get(address).status_code == status
        assert (address in client.get(url("change", run)).text) is (status == 200)
