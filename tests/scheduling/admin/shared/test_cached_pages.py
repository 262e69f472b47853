"""Pages of one row: what they show out of the cache, and that it is never old."""

from typing import Any

import pytest
from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext

from scheduling.models import Department, Employee, Notification, Rule, Schedule, ScheduleAssignment, Shift
from tests.factories import (
    DepartmentFactory,
    EmployeeFactory,
    NotificationFactory,
    RuleFactory,
    ScheduleAssignmentFactory,
    ShiftFactory,
)
from tests.scheduling.admin.browsing import WARM, logged_in, page, staff


def tables(client: Client, address: str) -> list[str]:
    """Return the models of this app that a page asks the database for when it is opened again."""
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    named = (query["sql"].partition(' FROM "')[2].partition('"')[0] for query in captured)
    return [name.removeprefix("scheduling_") for name in named if name.startswith("scheduling_")]


class LookTests:
    @WARM
    @pytest.mark.parametrize(
        ("model", "factory", "besides"),
        [
            (Department, DepartmentFactory, []),
            (Employee, EmployeeFactory, ["department", "skill"]),
            (Rule, RuleFactory, []),
            (Shift, ShiftFactory, ["scheduleassignment", "shifttype", "skill"]),
        ],
    )
    def test_costs_no_query_for_the_row_itself(self, model: Any, factory: Any, besides: list[str]) -> None:
        row = factory()
        client = logged_in(staff(f"view_{model._meta.model_name}"))
        address = page(model, "change", row.pk)

        assert set(tables(client, address)) <= set(besides)
        model.objects.filter(pk=row.pk).update(**{self.text_field(model): "Changed meanwhile"})
        assert "Changed meanwhile" in client.get(address).text

    def text_field(self, model: type[models.Model]) -> str:
        return "role" if model is Employee else "name"

    @pytest.mark.django_db
    @pytest.mark.parametrize("key", ["0", "x", "9" * 30])
    def test_of_what_there_is_not_leads_back(self, key: str) -> None:
        assert logged_in(staff("view_rule")).get(page(Rule, "change", key)).status_code == 302

    @WARM
    def test_a_form_that_may_be_changed_is_read_anew(self) -> None:
        row = DepartmentFactory()
        assert "department" in tables(
            logged_in(staff("view_department", "change_department")), page(Department, "change", row.pk)
        )


class ChoicesTests:
    @WARM
    def test_of_an_assignment_come_from_the_cache(self) -> None:
        row = ScheduleAssignmentFactory(employee=EmployeeFactory(first_name="Amy", last_name="Berg"))
        client = logged_in(staff("view_scheduleassignment", "change_scheduleassignment"))
        address = page(ScheduleAssignment, "change", row.pk)

        # The assignment with all that it names, and the department that the name of its schedule ends with.
        assert tables(client, address) == ["scheduleassignment", "department"]
        text = client.get(address).text
        for chosen in (row.employee, row.shift, row.schedule):
            assert f'<option value="{chosen.pk}" selected>{chosen}</option>' in text
        Employee.objects.filter(pk=row.employee_id).update(last_name="Berger")
        assert ">Amy Berger</option>" in client.get(address).text

    @pytest.mark.django_db
    def test_stay_as_they_were_sent(self, admin_client: Client) -> None:
        row = ScheduleAssignmentFactory()
        sent = {"schedule": row.schedule_id, "employee": "x", "shift": row.shift_id, "date": ""}
        answer = admin_client.post(page(ScheduleAssignment, "add"), sent)
        assert f'<option value="{row.shift_id}" selected>' in answer.text
        assert "employee" in answer.context["adminform"].form.errors


class NotificationTests:
    @WARM
    def test_is_read_from_the_database_once(self) -> None:
        notification = NotificationFactory()
        client = logged_in(staff("view_notification"))
        assert tables(client, page(Notification, "change", notification.pk)).count("notification") == 1


@WARM
def test_the_head_count_of_a_department_is_in_its_hierarchy() -> None:
    schedule: Schedule = ScheduleAssignmentFactory().schedule
    EmployeeFactory(department=DepartmentFactory(parent=schedule.department))
    client = logged_in(staff("view_department", "view_employee"))
    assert tables(client, page(Department, "change", schedule.department_id)) == []
