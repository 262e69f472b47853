from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.utils import translation

from scheduling.imports.engine.files import read_table
from scheduling.imports.kinds import KINDS
from scheduling.imports.kinds.employees import EmployeeResource
from scheduling.imports.template_files import example_of, headers_of, template_of
from scheduling.models import ImportRun, Shift
from tests.factories import (
    DepartmentFactory,
    EmployeeFactory,
    RuleFactory,
    ScheduleAssignmentFactory,
    ShiftFactory,
)
from tests.scheduling.imports.test_pages import XLSX as SPREADSHEET
from tests.scheduling.imports.test_pages import upload, url

pytestmark = pytest.mark.django_db
EVERY_KIND = pytest.mark.parametrize("kind", KINDS)
WITHOUT_OTHERS = ("departments", "shift_types", "shifts", "rules")
"""The kinds that refer to nothing that has to be there first."""


def rows_of(kind: str, language: str = "en") -> tuple[Any, Any]:
    """Return the table of the template, and what its import would do."""
    with translation.override(language):
        resource = KINDS[kind]()
        table = read_table(template_of(resource), resource.known_headers)
        return table, resource.import_data(table, dry_run=True)


class TemplateTests:
    @pytest.mark.parametrize("kind", sorted(set(KINDS) - {"employees"}))
    @pytest.mark.parametrize("language", ["en", "de"])
    def test_its_example_is_a_row_that_is_there_and_changes_nothing(self, kind: str, language: str) -> None:
        assignment = ScheduleAssignmentFactory(employee=EmployeeFactory(), shift=ShiftFactory())
        RuleFactory()

        table, result = rows_of(kind, language)

        assert result.sentences == []
        assert result.problems == []
        assert (len(table), result.unchanged) == (1, 1)
        assert assignment.pk

    @pytest.mark.parametrize("language", ["en", "de"])
    def test_its_example_is_nobody_who_has_a_phone_number_and_a_rate(self, language: str) -> None:
        amy = EmployeeFactory(phone="+49 30 12", hourly_rate="12.50")
        table, result = rows_of("employees", language)
        assert (len(table), result.new) == (1, 1)
        assert not {amy.email, amy.phone, "12.50", "12.5"} & {str(cell) for row in table for cell in row}

    @pytest.mark.parametrize("kind", WITHOUT_OTHERS)
    def test_is_made_up_where_there_is_none(self, kind: str) -> None:
        __, result = rows_of(kind)
        assert (result.new, result.problems, result.sentences) == (1, [], [])

    @EVERY_KIND
    def test_is_made_up_from_what_is_there(self, kind: str) -> None:
        department = DepartmentFactory(code="KIT")
        if kind == "assignments":
            EmployeeFactory(department=department)
            ShiftFactory(department=department)
        __, result = rows_of(kind, "de")
        assert result.new + result.unchanged == 1
        assert not result.failed

    @pytest.mark.parametrize("kind", sorted(set(KINDS) - set(WITHOUT_OTHERS)))
    def test_has_no_example_of_what_cannot_be_imported_yet(self, kind: str) -> None:
        table, __ = rows_of(kind)
        assert len(table) == 0
        assert table.headers

    def test_leaves_nothing_behind(self) -> None:
        rows_of("shifts")
        assert not Shift.objects.exists()
        assert not ImportRun.objects.exists()

    @EVERY_KIND
    @pytest.mark.parametrize("language", ["en", "de"])
    def test_each_header_is_read_as_its_column(self, kind: str, language: str) -> None:
        resource = KINDS[kind]()
        with translation.override(language):
            headers = headers_of(resource.kind, resource.get_export_order())
        assert [resource.known_headers.columns([header]) for header in headers.values()] == [{name} for name in headers]
        assert len(set(headers.values())) == len(headers)

    def test_has_german_headers_for_who_reads_german(self) -> None:
        resource = EmployeeResource()
        with translation.override("de"):
            headers = headers_of(resource.kind, resource.get_export_order())
        assert headers["first_name"] == "Vorname"
        assert "department_code" not in headers.values()

    def test_has_no_columns_that_are_closed(self) -> None:
        EmployeeFactory(hourly_rate="77.77")
        resource = EmployeeResource.without(frozenset({"hourly_rate"}))()
        assert "hourly_rate" not in example_of(resource)
        table = read_table(template_of(resource), resource.known_headers)
        assert "hourly_rate" not in (table.headers or ())
        assert not resource.import_data(table, dry_run=True).sentences


class PageTests:
    def test_leads_to_the_template_which_can_be_uploaded_as_it_is(self, admin_client: Client) -> None:
        EmployeeFactory()
        address = url("import_template")
        assert address in admin_client.get(url("import")).text

        response = admin_client.get(address)

        assert response["Content-Disposition"] == 'attachment; filename="employees.xlsx"'
        assert "1 new, 0 updated, 0 unchanged." in upload(admin_client, response.content, format=SPREADSHEET).text

    def test_needs_the_permission_to_import(self, client: Client) -> None:
        client.force_login(User.objects.create_user("staff", is_staff=True))
        assert client.get(url("import_template")).status_code == 403

    def test_each_kind_has_one(self, admin_client: Client) -> None:
        kinds = [model for model in admin.site._registry if hasattr(admin.site._registry[model], "template_view")]
        assert len(kinds) == len(KINDS)
        for model in kinds:
            assert admin_client.get(url("import_template", model._meta.model_name or "")).status_code == 200


class GermanTests:
    def test_a_file_of_rules_has_german_headers_only(self) -> None:
        resource = KINDS["rules"]()
        with translation.override("de"):
            headers = headers_of(resource.kind, resource.get_export_order())
        assert {"Wochentage", "Uhrzeit von", "Uhrzeit bis", "Höchststunden pro Tag"} <= {*headers.values()}
        assert not [header for name, header in headers.items() if header.lower() == name and name != "name"]
