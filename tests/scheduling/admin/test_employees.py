import datetime

import pytest
from django.test import Client
from django.utils import timezone

from scheduling.models import Employee, Skill
from tests.factories import (
    DepartmentFactory,
    EmployeeFactory,
    NotificationFactory,
    ScheduleAssignmentFactory,
    ScheduleFactory,
    SkillFactory,
)
from tests.scheduling.admin.browsing import WARM, logged_in, page, queries, send, staff

pytestmark = pytest.mark.django_db

SEES_ALL = ("view_employee", "change_employee", "view_scheduleassignment", "view_notification")


def assigned(employee: Employee, *, days: int = 0, **about: object) -> None:
    """Plan a shift so many days from today on."""
    day = timezone.localdate() + datetime.timedelta(days=days)
    schedule = ScheduleFactory(department=DepartmentFactory(), week_start=day - datetime.timedelta(days=day.weekday()))
    ScheduleAssignmentFactory(employee=employee, schedule=schedule, date=day, **about)


class ListTests:
    def test_shows_the_complete_name_of_the_department_and_the_skills(self, admin_client: Client) -> None:
        kitchen = DepartmentFactory(name="Kitchen", parent=DepartmentFactory(name="Operations"))
        EmployeeFactory(department=kitchen, skills=[SkillFactory(name="Barista"), SkillFactory(name="Allergens")])

        text = admin_client.get(page(Employee, "changelist")).text

        assert '<span class="quiet">Operations / </span>Kitchen' in text
        assert "Allergens, Barista" in text

    def test_is_filtered_by_skill(self, admin_client: Client) -> None:
        EmployeeFactory(last_name="Okafor", skills=[SkillFactory(name="Barista")])
        EmployeeFactory(last_name="Nowak")

        text = admin_client.get(page(Employee, "changelist"), {"skill": Skill.objects.get().pk}).text

        assert "Okafor" in text
        assert "Nowak" not in text
        assert "0 results" not in text
        assert "Okafor" not in admin_client.get(page(Employee, "changelist"), {"skill": "none"}).text

    @WARM
    def test_costs_at_most_10_queries_whatever_the_number_of_rows(self) -> None:
        client, counts = logged_in(staff(*SEES_ALL)), []
        for rows in (1, 29):
            for _ in range(rows):
                EmployeeFactory(department=DepartmentFactory(parent=DepartmentFactory()), skills=[SkillFactory()])
            counts.append(queries(client, page(Employee, "changelist")))

        assert counts[0] == counts[1] <= 10


class FormTests:
    def test_says_that_an_address_is_taken_in_any_case(self, admin_client: Client) -> None:
        EmployeeFactory(email="amy@example.com")
        other = EmployeeFactory()
        form = {
            "employee_number": other.employee_number,
            "first_name": "Amy",
            "last_name": "Adams",
            "email": "AMY@Example.com",
            "department": other.department_id,
            "employment_type": "full_time",
            "max_hours_per_week": "40",
        }

        answer = send(admin_client, page(Employee, "change", other.pk), form)

        assert answer.context["adminform"].form.errors == {"email": ["Employee with this E-mail already exists."]}

    def test_shows_what_is_coming_in_order(self, admin_client: Client) -> None:
        amy = EmployeeFactory()
        assigned(amy, days=3, shift__name="Later")
        assigned(amy, days=1, shift__name="Sooner")
        assigned(amy, days=-1, shift__name="Yesterday")
        assigned(amy, days=2, shift__name="Declined", status="declined")
        assigned(EmployeeFactory(), shift__name="Of another")

        text = admin_client.get(page(Employee, "change", amy.pk)).text

        assert text.index("Sooner") < text.index("Later")
        for absent in ("Yesterday", "Declined", "Of another"):
            assert absent not in text

    def test_shows_a_new_assignment_at_once(self, admin_client: Client) -> None:
        amy = EmployeeFactory()
        address = page(Employee, "change", amy.pk)
        assert "There are no upcoming shifts." in admin_client.get(address).text

        assigned(amy, shift__name="Sooner")
        assert "Sooner" in admin_client.get(address).text

        amy.assignments.update(status="cancelled")
        assert "There are no upcoming shifts." in admin_client.get(address).text

    def test_shows_unread_notifications(self, admin_client: Client) -> None:
        amy = EmployeeFactory()
        NotificationFactory(recipient=amy, title="Your week is out")
        NotificationFactory(recipient=amy, title="Seen", read_at=timezone.now())

        text = admin_client.get(page(Employee, "change", amy.pk)).text

        assert "Your week is out" in text
        assert "Seen" not in text

    def test_shows_only_what_the_user_may_see(self) -> None:
        amy = EmployeeFactory()
        assigned(amy, shift__name="Sooner")
        NotificationFactory(recipient=amy, title="Your week is out")

        text = logged_in(staff("view_employee")).get(page(Employee, "change", amy.pk)).text

        assert "Sooner" not in text
        assert "Your week is out" not in text

    @WARM
    def test_costs_the_same_for_20_shifts_as_for_1(self) -> None:
        client, amy, counts = logged_in(staff(*SEES_ALL)), EmployeeFactory(), []
        for days in (range(1), range(1, 20)):
            for day in days:
                assigned(amy, days=day)
                NotificationFactory(recipient=amy)
            counts.append(queries(client, page(Employee, "change", amy.pk)))

        assert counts[0] == counts[1] <= 10
