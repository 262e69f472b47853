from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from scheduling.models import Department, Employee, Schedule, ScheduleAssignment
from tests.factories import (
    DepartmentFactory,
    EmployeeFactory,
    NotificationFactory,
    RuleFactory,
    ScheduleAssignmentFactory,
    ScheduleFactory,
    ShiftFactory,
    ShiftTypeFactory,
    SkillFactory,
)

pytestmark = pytest.mark.django_db

FACTORIES = [
    pytest.param(factory, id=factory._meta.model.__name__)
    for factory in (
        DepartmentFactory,
        EmployeeFactory,
        NotificationFactory,
        RuleFactory,
        ScheduleAssignmentFactory,
        ScheduleFactory,
        ShiftFactory,
        ShiftTypeFactory,
        SkillFactory,
    )
]
Factory = Callable[..., Any]


def page(model: type[models.Model], name: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


def autocomplete(model: type[models.Model], field: str, term: str) -> tuple[str, dict[str, str]]:
    asks = {"app_label": "scheduling", "model_name": model._meta.model_name or "", "field_name": field, "term": term}
    return reverse("admin:autocomplete"), asks


@pytest.mark.parametrize("factory", FACTORIES)
class EveryPageTests:
    def test_the_list_shows_a_row_and_finds_it(self, factory: Factory, admin_client: Client) -> None:
        instance = factory()
        address = page(type(instance), "changelist")

        assert page(type(instance), "change", instance.pk) in admin_client.get(address).text
        assert "0 results" in admin_client.get(address, {"q": "nothing like it"}).text

    def test_the_forms_open(self, factory: Factory, admin_client: Client) -> None:
        instance = factory()

        assert admin_client.get(page(type(instance), "add")).status_code == 200
        assert admin_client.get(page(type(instance), "change", instance.pk)).status_code == 200
        assert admin_client.get(page(type(instance), "history", instance.pk)).status_code == 200

    def test_the_list_costs_the_same_for_30_rows_as_for_3(self, factory: Factory, admin_client: Client) -> None:
        instances = [factory() for _ in range(3)]
        address = page(type(instances[0]), "changelist")
        few = self.queries(admin_client, address)
        for _ in range(27):
            factory()

        assert self.queries(admin_client, address) == few

    def queries(self, client: Client, address: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        return len(queries)


class ParentsAndManagersTests:
    def test_departments_with_both_cost_no_more(self, admin_client: Client) -> None:
        counts = []
        for rows in (3, 27):
            for _ in range(rows):
                DepartmentFactory(parent=DepartmentFactory(), manager=EmployeeFactory())
            with CaptureQueriesContext(connection) as queries:
                admin_client.get(page(Department, "changelist"))
            counts.append(len(queries))

        assert counts[0] == counts[1]


class SearchTests:
    @pytest.mark.parametrize("term", ["AMY@example", "okafor", "E-77", "Pastry chef"])
    def test_finds_an_employee_by(self, term: str, admin_client: Client) -> None:
        EmployeeFactory(email="amy@example.com", last_name="Okafor", employee_number="E-77", role="Pastry chef")
        EmployeeFactory(employee_number="none")

        assert "1 result" in admin_client.get(page(Employee, "changelist"), {"q": term}).text

    def test_finds_an_assignment_by_the_person_and_the_shift(self, admin_client: Client) -> None:
        ScheduleAssignmentFactory(employee__last_name="Okafor", shift__name="Night")
        ScheduleAssignmentFactory(employee__last_name="Okafor")

        assert "1 result (" in admin_client.get(page(ScheduleAssignment, "changelist"), {"q": "okafor night"}).text


class AutocompleteTests:
    def test_a_schedule_is_offered_with_its_department_in_constant_queries(self, admin_client: Client) -> None:
        address, asks = autocomplete(ScheduleAssignment, "schedule", "Kitchen")
        counts = []
        for rows in (1, 9):
            for _ in range(rows):
                ScheduleFactory(department__name="Kitchen")
            with CaptureQueriesContext(connection) as queries:
                results = admin_client.get(address, asks).json()["results"]
            counts.append(len(queries))

        assert results[0]["text"].startswith("Kitchen (D")
        assert results[0]["text"].endswith("week of 2026-11-30, version 1")
        assert len(results) == 10
        assert counts[0] == counts[1]


class EmployeeAdminTests:
    def test_offers_no_deletion(self, admin_client: Client) -> None:
        employee = EmployeeFactory()

        assert admin_client.get(page(Employee, "delete", employee.pk)).status_code == 403
        assert "delete_selected" not in admin_client.get(page(Employee, "changelist")).text

    def test_archives_the_selected(self, admin_client: Client) -> None:
        chosen, other = EmployeeFactory(), EmployeeFactory()
        EmployeeFactory(is_active=False)

        answer = self.act(admin_client, "archive", chosen)

        assert "1 employee archived." in answer
        assert list(Employee.objects.active()) == [other]

    def test_says_so_when_nobody_was_left_to_archive(self, admin_client: Client) -> None:
        assert "0 employees archived." in self.act(admin_client, "archive", EmployeeFactory(is_active=False))

    def test_restores_the_selected(self, admin_client: Client) -> None:
        employee = EmployeeFactory(is_active=False)

        assert "1 employee restored." in self.act(admin_client, "restore", employee)
        assert Employee.objects.active().get() == employee

    def test_saves_an_address_in_lower_case(self, admin_client: Client) -> None:
        form = {
            "employee_number": "1",
            "first_name": "Amy",
            "last_name": "Adams",
            "email": " Amy@Example.com",
            "department": DepartmentFactory().pk,
            "employment_type": "full_time",
            "max_hours_per_week": "40",
        }

        assert admin_client.post(page(Employee, "add"), form).status_code == 302
        assert Employee.objects.get().email == "amy@example.com"
        assert LogEntry.objects.get().object_repr == "Amy Adams"

    def act(self, client: Client, action: str, employee: Employee) -> str:
        form = {"action": action, "_selected_action": [employee.pk]}
        return client.post(page(Employee, "changelist"), form, follow=True).text


class ScheduleAdminTests:
    def test_the_week_end_can_be_left_empty(self, admin_client: Client) -> None:
        form = {"department": DepartmentFactory().pk, "week_start": "2026-11-30", "version": "1", "status": "draft"}

        assert admin_client.post(page(Schedule, "add"), form).status_code == 302
        assert str(Schedule.objects.get().week_end) == "2026-12-06"

    def test_a_wrong_day_is_said_beside_the_field(self, admin_client: Client) -> None:
        form = {"department": DepartmentFactory().pk, "week_start": "2026-12-01", "version": "1", "status": "draft"}

        answer = admin_client.post(page(Schedule, "add"), form)

        assert answer.context["adminform"].form.errors == {"week_start": ["2026-12-01 is not a Monday."]}
