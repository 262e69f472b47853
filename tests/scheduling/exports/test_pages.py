"""Exports through the admin's own page, read back by programs that are not ours."""

import csv
import datetime
import io
import re
import zipfile
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from tablib import Dataset

from scheduling.exports import formats
from scheduling.imports import kinds as imports
from scheduling.models import Department, Employee, Rule, Schedule, ScheduleAssignment, Shift, ShiftType
from tests.factories import (
    DepartmentFactory,
    EmployeeFactory,
    RuleFactory,
    ScheduleAssignmentFactory,
    ScheduleFactory,
    ShiftFactory,
    ShiftTypeFactory,
    SkillFactory,
)

pytestmark = pytest.mark.django_db

CSV, XLSX = "0", "1"
FORMULAS = ["=HYPERLINK(1)", "+49-30-12", "-2+3+cmd|' /C calc'!A0", "@SUM(1)", "＝1", "'=1", "a;=1"]
KINDS = [Department, ShiftType, Shift, Employee, Schedule, ScheduleAssignment, Rule]


def url(page: str, model: type[models.Model]) -> str:
    return reverse(f"admin:scheduling_{model._meta.model_name}_{page}")


def export(client: Client, model: type[models.Model], format: str = CSV, query: str = "") -> Any:
    form = client.get(url("export", model)).context["form"]
    columns = {name: "on" for name, field in form.fields.items() if getattr(field, "is_selectable_field", False)}
    return client.post(url("export", model) + query, {"format": format, "resource": "0", **columns})


def read_csv(response: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"), newline="")))


def read_xlsx(response: Any) -> list[dict[str, Any]]:
    sheet = openpyxl.load_workbook(io.BytesIO(response.content)).active
    names = [cell.value for cell in sheet[1]]
    return [dict(zip(names, row, strict=True)) for row in sheet.iter_rows(min_row=2)]


@pytest.fixture
def rows() -> None:
    """Two rows or more of each kind, with what a file makes difficult."""
    amy = EmployeeFactory(
        email="amy@example.com",
        first_name="Zoë",
        last_name="O'Brien, Jr.",
        role="=1+1",
        phone="+49-30-12",
        hourly_rate=Decimal("15.50"),
        hire_date=datetime.date(2024, 11, 5),
        skills=[SkillFactory(name="First aid"), SkillFactory(name="Forklift")],
    )
    top = DepartmentFactory(code="007", description="- bread\n- milk", manager=amy)
    DepartmentFactory(code="KIT", parent=top, active=False)
    night = ShiftFactory(
        name="@Night", start_time=datetime.time(22), end_time=datetime.time(6, 30), department=top, max_staff=3
    )
    night.required_skills.add(SkillFactory(name="Keys"), SkillFactory(name='Beer, "wine"'), SkillFactory(name="=a|b;c"))
    ShiftTypeFactory(name="-Leave", colour="#2e7d32")
    ScheduleAssignmentFactory(employee=amy, shift=night, notes='say "=1"; then\n=2', status="confirmed", priority=1)
    ScheduleAssignmentFactory(schedule__status="published")
    RuleFactory(department=top, effective_from=datetime.date(2026, 11, 30))
    RuleFactory(
        employee=amy,
        kind="qualification",
        parameters={"skills": ["Keys", 'Beer, "wine"'], "shift_types": ["-Leave"], "shifts": ["@Night"]},
    )
    RuleFactory(kind="availability", parameters={"weekdays": ["sun", "mon"], "start": "22:00", "end": "06:30"})
    RuleFactory(kind="workload", parameters={"max_hours_per_week": 38.5, "max_shifts_per_week": 5})


class RoundTripTests:
    @pytest.mark.parametrize("format", [CSV, XLSX], ids=["csv", "xlsx"])
    @pytest.mark.parametrize("model", KINDS)
    def test_an_exported_file_changes_nothing_when_it_is_imported(
        self, model: type[models.Model], format: str, rows: None, admin_client: Client, settings: Any, tmp_path: Any
    ) -> None:
        settings.MEDIA_ROOT = tmp_path
        file = SimpleUploadedFile("export", export(admin_client, model, format).content)

        preview = admin_client.post(url("import", model), {"import_file": file}, follow=True)

        count = model._default_manager.count()
        assert count >= 2
        assert f"0 new, 0 updated, {count} unchanged." in preview.text


class FormTests:
    @pytest.mark.parametrize("model", KINDS)
    def test_calls_the_columns_what_the_file_calls_them(
        self, model: type[models.Model], rows: None, admin_client: Client
    ) -> None:
        form = admin_client.get(url("export", model)).context["form"]
        labels = [field.label for field in form.fields.values() if getattr(field, "is_selectable_field", False)]
        assert labels == list(read_csv(export(admin_client, model))[0])

    def test_has_a_format_already(self, admin_client: Client) -> None:
        assert '<option value="0" selected>csv</option>' in admin_client.get(url("export", Employee)).text


class FormulaTests:
    @pytest.mark.parametrize("text", FORMULAS)
    def test_csv_escapes_a_text(self, text: str, admin_client: Client) -> None:
        EmployeeFactory(role=text)

        (row,) = read_csv(export(admin_client, Employee))

        assert row["role"][0] not in "=+-@＝" or text == "a;=1"
        assert ";=" not in row["role"]
        assert row["role"].replace("'", "") == text.replace("'", "")

    @pytest.mark.parametrize("text", FORMULAS)
    def test_xlsx_stores_a_text_as_text(self, text: str, admin_client: Client) -> None:
        EmployeeFactory(role=text)
        response = export(admin_client, Employee, XLSX)

        (row,) = read_xlsx(response)

        assert (row["role"].value, row["role"].data_type) == (text, "s")
        assert row["role"].quotePrefix  # still a text after somebody has edited the cell
        assert "<f>" not in zipfile.ZipFile(io.BytesIO(response.content)).read("xl/worksheets/sheet1.xml").decode()

    def test_a_link_is_a_text_too(self, admin_client: Client) -> None:
        EmployeeFactory(role="https://example.com")
        response = export(admin_client, Employee, XLSX)

        assert b"hyperlink" not in zipfile.ZipFile(io.BytesIO(response.content)).read("xl/worksheets/sheet1.xml")

    def test_a_phone_number_keeps_its_plus(self, admin_client: Client) -> None:
        EmployeeFactory(phone="+49 30 1234567")

        assert read_csv(export(admin_client, Employee))[0]["phone"] == "'+49 30 1234567"
        assert read_xlsx(export(admin_client, Employee, XLSX))[0]["phone"].value == "+49 30 1234567"

    def test_a_number_is_a_number_also_below_zero(self) -> None:
        table = Dataset([-5, Decimal("-1.50"), None, True], headers=["a", "b", "c", "d"])

        assert formats.CSV().export_data(table).decode("utf-8-sig") == "a,b,c,d\r\n-5,-1.50,,yes\r\n"
        cells = openpyxl.load_workbook(io.BytesIO(formats.XLSX().export_data(table))).active[2]
        assert [cell.value for cell in cells] == [-5, -1.5, None, True]


class FileTests:
    def test_names_type_and_columns(self, rows: None, admin_client: Client) -> None:
        response = export(admin_client, Employee)

        assert response["Content-Type"] == "text/csv; charset=utf-8"
        assert re.fullmatch(r'attachment; filename="Employee-\d{4}-\d\d-\d\d\.csv"', response["Content-Disposition"])
        assert "no-store" in response["Cache-Control"]
        row = next(row for row in read_csv(response) if row["email"] == "amy@example.com")
        assert (row["first_name"], row["last_name"], row["skills"]) == ("Zoë", "O'Brien, Jr.", "First aid|Forklift")
        assert (row["hourly_rate"], row["hire_date"], row["is_active"]) == ("15.50", "2024-11-05", "yes")
        assert "name" not in row

    def test_a_spreadsheet_has_dates_times_and_numbers(self, rows: None, admin_client: Client) -> None:
        amy = next(row for row in read_xlsx(export(admin_client, Employee, XLSX)) if row["hire_date"].value)
        night = next(row for row in read_xlsx(export(admin_client, Shift, XLSX)) if row["name"].value == "@Night")

        assert amy["hire_date"].value == datetime.datetime(2024, 11, 5)
        assert amy["hourly_rate"].value == 15.5
        assert night["end_time"].value == datetime.time(6, 30)

    def test_has_the_rows_of_the_list_as_it_was_filtered(self, rows: None, admin_client: Client) -> None:
        assert [row["code"] for row in read_csv(export(admin_client, Department, query="?active__exact=0"))] == ["KIT"]

    def test_has_the_chosen_columns(self, rows: None, admin_client: Client) -> None:
        chosen = {"format": CSV, "resource": "0", "departmentresource_code": "on"}

        response = admin_client.post(url("export", Department), chosen)

        assert response.content.decode("utf-8-sig").splitlines()[0] == "code"

    def test_a_text_that_no_cell_holds_is_a_sentence(self, admin_client: Client) -> None:
        DepartmentFactory(description="x" * 40_000)

        page = export(admin_client, Department, XLSX)

        assert "Row 2 has a text of more than 32767 characters. Export it as CSV." in page.text
        assert len(read_csv(export(admin_client, Department))[0]["description"]) == 40_000


class CostTests:
    """An export costs as many queries for 20 rows as for 2, without the joins of a list of the admin."""

    @pytest.mark.parametrize(
        ("kind", "create"),
        [
            ("departments", lambda: DepartmentFactory(parent=DepartmentFactory(), manager=EmployeeFactory())),
            ("shift_types", ShiftTypeFactory),
            ("shifts", lambda: ShiftFactory(department=DepartmentFactory())),
            ("employees", lambda: EmployeeFactory(skills=[SkillFactory()])),
            ("schedules", ScheduleFactory),
            ("assignments", ScheduleAssignmentFactory),
            ("rules", lambda: RuleFactory(department=DepartmentFactory())),
        ],
    )
    def test_of(self, kind: str, create: Callable[[], object]) -> None:
        counts = []
        for rows in (2, 18):
            for _ in range(rows):
                create()
            with CaptureQueriesContext(connection) as queries:
                table = imports.KINDS[kind]().export()
            counts.append(len(queries))

        assert len(table) >= 20
        assert counts[0] == counts[1]


class PermissionTests:
    @pytest.mark.parametrize(("permissions", "status"), [((), 403), (("view_employee",), 200)])
    def test_an_export_needs_the_permission_to_see_the_rows(
        self, permissions: tuple[str, ...], status: int, client: Client
    ) -> None:
        user = User.objects.create_user("staff", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        client.force_login(user)

        assert client.get(url("export", Employee)).status_code == status
        assert client.post(url("export", Employee), {"format": CSV, "resource": "0"}).status_code == status
