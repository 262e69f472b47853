"""The hourly rate and the phone number, as each group meets them: at every address, in exports and in imports."""

import io
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db import models
from django.test import Client

from scheduling.exports import formats
from scheduling.models import Department, Employee
from tests.factories import DepartmentFactory, EmployeeFactory, NotificationFactory, ScheduleAssignmentFactory
from tests.scheduler_project.test_security import admin_addresses
from tests.scheduling.admin.browsing import logged_in, page, staff
from tests.scheduling.admin.conftest import LogIn
from tests.scheduling.exports.test_pages import CSV, XLSX, read_csv
from tests.scheduling.imports.engine.test_files import xlsx
from tests.scheduling.imports.test_pages import confirm, upload

pytestmark = pytest.mark.django_db

RATE, PHONE = "77.31", "0049306548821"
SEEN_BY = {
    "Viewer": set(),
    "Planner": {"phone"},
    "Manager": {"hourly_rate", "phone"},
    "Administrator": {"hourly_rate", "phone"},
}
EVERY_GROUP = pytest.mark.parametrize("group", SEEN_BY)
MAY_CHANGE_PEOPLE = ("view_employee", "add_employee", "change_employee")


@pytest.fixture
def amy() -> Employee:
    amy = EmployeeFactory(
        email="amy@example.com", hourly_rate=Decimal(RATE), phone=PHONE, department=DepartmentFactory(code="KIT")
    )
    Department.objects.update(manager=amy)
    ScheduleAssignmentFactory(employee=amy)
    NotificationFactory(recipient=amy)
    return amy


@pytest.fixture(autouse=True)
def uploads(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def told(text: str) -> set[str]:
    """Return which of the two fields a text tells the value of."""
    return {name for name, value in (("hourly_rate", RATE), ("phone", PHONE)) if value in text}


def text_of(response: Any) -> str:
    """Return the text of a page, or of all cells of a spreadsheet."""
    if response.get("Content-Type") != formats.XLSX().get_content_type():
        return str(response.text)
    sheets = openpyxl.load_workbook(io.BytesIO(response.content)).worksheets
    return "\n".join(str(value) for sheet in sheets for row in sheet.iter_rows(values_only=True) for value in row)


def exported(client: Client, format: str) -> list[dict[str, Any]]:
    """Export with every column, also those that the page does not offer."""
    names = ("email", "hourly_rate", "phone")
    chosen = {f"employeeresource_{name}": "on" for name in names}
    response = client.post(page(Employee, "export"), {"format": format, "resource": "0", **chosen})
    if format == CSV:
        return list(read_csv(response))
    header, *rows = openpyxl.load_workbook(io.BytesIO(response.content)).active.iter_rows(values_only=True)
    return [dict(zip(header, row, strict=True)) for row in rows]


def form_of(employee: Employee, **changes: Any) -> dict[str, Any]:
    names = ("employee_number", "first_name", "last_name", "email", "employment_type", "max_hours_per_week")
    shown = {name: getattr(employee, name) for name in names}
    return {**shown, "department": employee.department_id, "is_active": "on", **changes}


class EveryAddressTests:
    @EVERY_GROUP
    def test_tells_only_what_the_group_may_see(self, group: str, amy: Employee, log_in: LogIn) -> None:
        client = log_in(group)
        addresses = admin_addresses()
        found = {name: told(text_of(client.get(address))) for name, address in addresses.items()}

        assert addresses["scheduling_employee_change"] == page(Employee, "change", amy.pk)
        assert found.pop("scheduling_employee_change") == SEEN_BY[group]
        assert {name for name, values in found.items() if values} == set()

    @pytest.mark.parametrize("path", ["to-plan/", "autocomplete"])
    def test_nor_does_an_autocomplete(self, path: str, amy: Employee, manager: Client) -> None:
        query = {"app_label": "scheduling", "model_name": "scheduleassignment", "field_name": "employee"}
        address = "/admin/autocomplete/" if path == "autocomplete" else f"{page(Employee, 'changelist')}{path}"
        answer = manager.get(address, {**query, "term": "Amy"})

        assert str(amy) in answer.text
        assert told(answer.text) == set()
        assert not manager.get(address, {**query, "term": PHONE}).json()["results"]

    def test_names_say_nothing(self, amy: Employee) -> None:
        assert told(f"{amy} {amy!r}") == set()


class FilterTests:
    """Who counts the rows of `?hourly_rate__gte=20` has read the rate."""

    @pytest.mark.parametrize("name", ["changelist", "export"])
    @pytest.mark.parametrize(
        ("lookup", "field"), [({"hourly_rate__gte": "77"}, "hourly_rate"), ({"phone__gte": "00"}, "phone")]
    )
    @EVERY_GROUP
    def test_by_a_field_is_for_those_who_see_it(
        self, group: str, lookup: dict[str, str], field: str, name: str, amy: Employee, log_in: LogIn
    ) -> None:
        answer = log_in(group).get(page(Employee, name), lookup)

        assert answer.status_code == (200 if field in SEEN_BY[group] else 400)

    def test_from_other_models_is_for_nobody(self, amy: Employee, log_in: LogIn) -> None:
        client, answers = log_in("Administrator"), {}
        for model in admin.site._registry:
            for path in paths_to_employees(model):
                for field in ("hourly_rate__gte", "phone__startswith"):
                    lookup = f"{path}__{field}"
                    answers[model, lookup] = client.get(page(model, "changelist"), {lookup: "0"}).status_code

        assert len(answers) >= 10
        # 302: the list says that it does not know the filter.
        assert set(answers.values()) <= {400, 302}

    def test_by_a_search_is_for_nobody(self, amy: Employee, manager: Client) -> None:
        for term in (RATE, PHONE):
            assert not manager.get(page(Employee, "changelist"), {"q": term}).context["cl"].result_list


def paths_to_employees(model: type[models.Model]) -> set[str]:
    """Return the lookups of the model that lead to employees over at most two relations."""
    paths = set()
    for first in model._meta.get_fields():
        if first.related_model is Employee:
            paths.add(first.name)
        for second in first.related_model._meta.get_fields() if isinstance(first.related_model, type) else ():
            if second.related_model is Employee:
                paths.add(f"{first.name}__{second.name}")
    return paths


class FormTests:
    def test_shows_what_may_be_seen_and_not_changed(self, amy: Employee) -> None:
        client = logged_in(staff(*MAY_CHANGE_PEOPLE, "view_phone"))
        text = client.get(page(Employee, "change", amy.pk)).text

        assert told(text) == {"phone"}
        assert 'name="phone"' not in text
        assert 'name="role"' in text

    @pytest.mark.parametrize(
        ("permissions", "changed"),
        [
            ((), set()),
            (("view_phone", "view_hourly_rate"), set()),
            (("change_phone",), {"phone"}),
            (("change_hourly_rate",), {"hourly_rate"}),
        ],
    )
    def test_takes_only_what_the_user_may_change(
        self, permissions: tuple[str, ...], changed: set[str], amy: Employee
    ) -> None:
        client = logged_in(staff(*MAY_CHANGE_PEOPLE, *permissions))
        sent = form_of(amy, role="Cook", phone="1", hourly_rate="1")
        assert client.post(page(Employee, "change", amy.pk), sent).status_code == 302
        amy.refresh_from_db()

        assert amy.role == "Cook"
        before = {"hourly_rate": Decimal(RATE), "phone": PHONE}
        assert {name for name, value in before.items() if getattr(amy, name) != value} == changed

    def test_a_new_employee_takes_neither(self, amy: Employee) -> None:
        client = logged_in(staff(*MAY_CHANGE_PEOPLE))
        sent = form_of(amy, employee_number="N", email="new@example.com", phone="1", hourly_rate="1")
        assert client.post(page(Employee, "add"), sent).status_code == 302

        new = Employee.objects.get(email="new@example.com")
        assert (new.phone, new.hourly_rate) == ("", None)

    def test_the_history_tells_no_values(self, amy: Employee, manager: Client) -> None:
        sent = form_of(amy, phone=PHONE, hourly_rate="78")
        assert manager.post(page(Employee, "change", amy.pk), sent).status_code == 302

        assert told(str(LogEntry.objects.values_list("change_message", "object_repr"))) == set()
        assert told(manager.get(page(Employee, "history", amy.pk)).text) == set()


class ExportTests:
    @pytest.mark.parametrize("format", [CSV, XLSX], ids=["csv", "xlsx"])
    @EVERY_GROUP
    def test_has_the_columns_that_the_group_may_see(
        self, group: str, format: str, amy: Employee, log_in: LogIn
    ) -> None:
        rows = exported(log_in(group), format)

        assert set(rows[0]) == {"email"} | SEEN_BY[group]
        values = " ".join(str(value) for row in rows for value in row.values())
        assert told(values.replace("'", "")) == SEEN_BY[group]

    @EVERY_GROUP
    def test_offers_no_others(self, group: str, amy: Employee, log_in: LogIn) -> None:
        text = log_in(group).get(page(Employee, "export")).text

        assert {name for name in ("hourly_rate", "phone") if f"employeeresource_{name}" in text} == SEEN_BY[group]

    def test_these_are_all_formats(self) -> None:
        assert admin.site._registry[Employee].get_export_formats() == [formats.CSV, formats.XLSX]


def as_csv(*rows: list[Any]) -> bytes:
    return "\n".join(",".join(map(str, row)) for row in rows).encode()


class ImportTests:
    @pytest.mark.parametrize(("make", "format"), [(as_csv, CSV), (xlsx, XLSX)], ids=["csv", "xlsx"])
    @pytest.mark.parametrize(
        ("headers", "permissions", "refused"),
        [
            (("Wage", "mobile"), (), "the columns &#x27;Wage&#x27; and &#x27;mobile&#x27;"),
            (("hourly_rate", "phone"), ("view_hourly_rate", "change_phone"), "the column &#x27;hourly_rate&#x27;"),
            (("Base hourly rate", "phone"), ("change_hourly_rate",), "the column &#x27;phone&#x27;"),
        ],
    )
    def test_is_refused_with_a_sentence_that_names_the_columns(
        self,
        headers: tuple[str, str],
        permissions: tuple[str, ...],
        refused: str,
        make: Callable[..., bytes],
        format: str,
        amy: Employee,
        uploads: Path,
    ) -> None:
        client = logged_in(staff(*MAY_CHANGE_PEOPLE, *permissions))
        preview = upload(client, make(["email", *headers], ["amy@example.com", 5, 1]), format=format)

        assert f"You may not change {refused}. Remove " in preview.text
        assert 'name="confirm"' not in preview.text
        assert told(preview.text) == set()
        assert not [path for path in uploads.rglob("*") if path.is_file()]

    def test_is_refused_when_it_is_confirmed_too(self, amy: Employee) -> None:
        """The permission may be taken away between the preview and the confirmation."""
        user = staff(*MAY_CHANGE_PEOPLE, "change_phone")
        client = logged_in(user)
        preview = upload(client, as_csv(["email", "phone"], ["amy@example.com", "1"]))
        user.user_permissions.remove(user.user_permissions.get(codename="change_phone"))

        assert "You may not change the column" in confirm(client, preview).text
        amy.refresh_from_db()
        assert amy.phone == PHONE

    def test_is_done_by_those_who_may(self, amy: Employee, manager: Client) -> None:
        preview = upload(manager, as_csv(["email", "phone", "wage"], ["amy@example.com", "1", "5"]))
        confirm(manager, preview)

        amy.refresh_from_db()
        assert (amy.phone, amy.hourly_rate) == ("1", 5)

    def test_of_other_columns_is_done_by_the_others(self, amy: Employee) -> None:
        client = logged_in(staff(*MAY_CHANGE_PEOPLE))
        assert "<code>" in client.get(page(Employee, "import")).text
        assert "hourly_rate" not in client.get(page(Employee, "import")).text
        confirm(client, upload(client, as_csv(["email", "role"], ["amy@example.com", "Cook"])))

        amy.refresh_from_db()
        assert (amy.role, amy.phone, amy.hourly_rate) == ("Cook", PHONE, Decimal(RATE))
