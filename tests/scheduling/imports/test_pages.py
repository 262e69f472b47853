import datetime
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from scheduling.models import Department, Employee, ScheduleAssignment
from tests.factories import DepartmentFactory, EmployeeFactory, ShiftFactory
from tests.scheduling.imports.engine.test_files import xlsx

CSV, XLSX = "0", "1"
PEOPLE = b"email;employee_number;first_name;last_name;department\namy@example.com;1;Amy;<b>Reed</b>;KIT\n"


def url(page: str, model: str = "employee") -> str:
    return reverse(f"admin:scheduling_{model}_{page}")


def upload(client: Client, data: bytes, model: str = "employee", format: str = CSV, **more: Any) -> Any:
    file = SimpleUploadedFile("people.csv" if format == CSV else "people.xlsx", data)
    return client.post(url("import", model), {"import_file": file, "format": format, "resource": "0", **more})


def confirm(client: Client, preview: Any, model: str = "employee") -> Any:
    return client.post(url("process_import", model), preview.context["confirm_form"].initial, follow=True)


def wrong_people(number: int) -> bytes:
    """Return a file in which the department of every row is misspelled."""
    lines = [f"p{n}@example.com,{n},P,Q,KITT" for n in range(number)]
    return "\n".join(["email,employee_number,first_name,last_name,department", *lines]).encode()


@pytest.fixture(autouse=True)
def uploads(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def kitchen(db: None) -> Department:
    return DepartmentFactory(code="KIT", name="Kitchen")


class WorkflowTests:
    def test_upload_preview_and_confirm_a_csv(self, admin_client: Client, kitchen: Department, uploads: Path) -> None:
        preview = upload(admin_client, PEOPLE)
        page = preview.content.decode()
        assert "1 new, 0 updated, 0 unchanged." in page
        assert "The column “department” is read as department_code." in page
        assert "&lt;b&gt;Reed" in page
        assert "<b>Reed" not in page
        assert not Employee.objects.exists()
        done = confirm(admin_client, preview)
        assert "Import finished: 1 new, 0 updated, 0 unchanged." in done.content.decode()
        amy = Employee.objects.get()
        assert amy.last_name == "<b>Reed</b>"
        entry = LogEntry.objects.get()
        assert (entry.object_id, entry.object_repr, entry.action_flag) == (str(amy.pk), "amy@example.com", 1)
        assert not [path for path in uploads.rglob("*") if path.is_file()]

    def test_upload_preview_and_confirm_a_spreadsheet(self, admin_client: Client, kitchen: Department) -> None:
        EmployeeFactory(email="amy@example.com", department=kitchen)
        ShiftFactory(name="Early")
        data = xlsx(["Employee", "Shift", "Date"], ["amy@example.com", "Early", datetime.date(2026, 12, 2)])
        preview = upload(admin_client, data, "scheduleassignment", XLSX)
        assert "1 new draft schedule" in preview.content.decode()
        confirm(admin_client, preview, "scheduleassignment")
        assert ScheduleAssignment.objects.get().date == datetime.date(2026, 12, 2)

    def test_a_wrong_choice_of_format_does_no_harm(self, admin_client: Client, kitchen: Department) -> None:
        assert "confirm_form" in upload(admin_client, PEOPLE, format=XLSX).context

    def test_a_change_is_shown_as_one(self, admin_client: Client, kitchen: Department) -> None:
        EmployeeFactory(email="amy@example.com", role="Cook")
        page = upload(admin_client, b"email,role\namy@example.com,Chef\n").content.decode()
        assert "<del>Cook</del> <ins>Chef</ins>" in page

    def test_the_preview_shows_100_rows(self, admin_client: Client, kitchen: Department) -> None:
        lines = [f"p{n}@example.com,{n},P,Q,KIT" for n in range(120)]
        data = "\n".join(["email,employee_number,first_name,last_name,department", *lines]).encode()
        page = upload(admin_client, data).content.decode()
        assert page.count('<tr class="new">') == 100
        assert "And 20 more rows." in page

    def test_errors_are_shown_with_their_rows(self, admin_client: Client, kitchen: Department, uploads: Path) -> None:
        preview = upload(admin_client, wrong_people(100))
        page = preview.content.decode()
        assert page.count("Did you mean &#x27;KIT&#x27;?") == 100
        assert "<td>101</td>" in page
        assert "more row" not in page
        assert "confirm_form" not in preview.context
        assert not [path for path in uploads.rglob("*") if path.is_file()]

    def test_the_other_errors_are_counted(self, admin_client: Client, kitchen: Department) -> None:
        page = upload(admin_client, wrong_people(20_000)).content.decode()
        assert "20000 rows have errors, so nothing can be imported" in page
        assert page.count("<td>department</td>") == 100
        assert "department: 19,900 more rows: No department has the code &#x27;KITT&#x27;." in page
        assert len(page) < 100_000

    def test_a_page_is_bounded_when_every_row_is_wrong_in_its_own_way(
        self, admin_client: Client, kitchen: Department
    ) -> None:
        lines = [f"p{n}@example.com,{n},P,Q,{n}{'X' * 200}" for n in range(1000)]
        data = "\n".join(["email,employee_number,first_name,last_name,department", *lines]).encode()
        page = upload(admin_client, data).content.decode()
        assert "more errors." in page
        assert len(page) < 150_000

    def test_the_order_of_dates_is_asked_for_and_kept(self, admin_client: Client, kitchen: Department) -> None:
        EmployeeFactory(email="amy@example.com")
        data = b"email,hire_date\namy@example.com,11/05/2026\n"
        assert "Say which it is" in upload(admin_client, data).content.decode()
        confirm(admin_client, upload(admin_client, data, date_order="dmy"))
        assert Employee.objects.get().hire_date == datetime.date(2026, 5, 11)

    def test_what_was_fine_in_the_preview_may_be_wrong_now(self, admin_client: Client, kitchen: Department) -> None:
        preview = upload(admin_client, PEOPLE)
        Department.objects.update(code="GONE", name="Gone")
        page = confirm(admin_client, preview).content.decode()
        assert "Nothing was imported; something has changed since the preview." in page
        assert not Employee.objects.exists()
        assert not LogEntry.objects.exists()

    @pytest.mark.parametrize("name", ["..", "a" * 3000, "0" * 31, "0" * 33])
    def test_a_made_up_name_of_an_upload_is_the_same_sentence(self, name: str, admin_client: Client, db: None) -> None:
        form = {"import_file_name": name, "original_file_name": "people.csv", "format": "0", "resource": "0"}
        page = admin_client.post(url("process_import"), form, follow=True).content.decode()
        assert "The uploaded file is no longer there. Upload it again." in page

    def test_an_upload_that_is_gone_is_a_sentence(self, admin_client: Client, kitchen: Department) -> None:
        preview = upload(admin_client, PEOPLE)
        confirm(admin_client, preview)
        assert (
            "The uploaded file is no longer there. Upload it again." in confirm(admin_client, preview).content.decode()
        )


class BadFileTests:
    @pytest.mark.parametrize(
        ("data", "sentence"),
        [
            (b"isbn,price\n1,2\n", "This does not look like a file of employees"),
            (b"email,first_name\na@b.example.com,1,2\n", "Row 2 has 3 cells, but the header has 2."),
            (b"\xd0\xcf\x11\xe0" + b"x" * 20, "This is an old Excel file"),
            (b"PK\x03\x04" + b"x" * 20, "The spreadsheet cannot be read"),
            (b"a" * 50_000_001, "At most 50 MB can be imported"),
        ],
    )
    def test_is_answered_with_a_sentence(self, admin_client: Client, data: bytes, sentence: str) -> None:
        response = upload(admin_client, data)
        page = response.content.decode()
        assert response.status_code == 200
        assert sentence in page
        assert "Traceback" not in page


class PermissionTests:
    @pytest.mark.parametrize("names", [(), ("add",), ("change",), ("add", "change")])
    def test_import_needs_add_and_change(self, client: Client, db: None, names: tuple[str, ...]) -> None:
        user = User.objects.create_user("staff", is_staff=True)
        codenames = [f"{name}_employee" for name in ("view", *names)]
        user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        client.force_login(user)
        allowed = names == ("add", "change")
        assert client.get(url("import")).status_code == (200 if allowed else 403)
        assert client.post(url("process_import")).status_code == (200 if allowed else 403)
        assert (url("import") in client.get(url("changelist")).content.decode()) is allowed
