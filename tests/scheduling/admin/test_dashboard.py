import datetime
import re
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from scheduling.admin.dashboard import MAX_SCHEDULES
from scheduling.models import Schedule
from tests.factories import (
    DepartmentFactory,
    EmployeeFactory,
    NotificationFactory,
    ScheduleAssignmentFactory,
    ScheduleFactory,
    ShiftFactory,
)
from tests.scheduling.admin.browsing import WARM, logged_in, page, queries, staff

pytestmark = pytest.mark.django_db

PLANNER = ("view_schedule", "view_scheduleassignment", "view_employee")


def this_monday() -> datetime.date:
    today = timezone.localdate()
    return today - datetime.timedelta(days=today.weekday())


def week(name: str = "Kitchen", **about: Any) -> Schedule:
    return ScheduleFactory(**{"department__name": name, "week_start": this_monday(), **about})


def understaffed(schedule: Schedule, people: int = 2) -> None:
    """Plan one person for a shift that requires so many."""
    ScheduleAssignmentFactory(schedule=schedule, shift=ShiftFactory(required_staff=people))


def index(client: Client) -> str:
    text = client.get(reverse("admin:index")).text
    return " ".join(text.split())


class AttentionTests:
    def test_counts_open_shifts_by_week_with_links(self, admin_client: Client) -> None:
        schedule = week()
        understaffed(schedule, people=3)
        later = week("Bar", week_start=this_monday() + datetime.timedelta(days=7))
        understaffed(later)
        understaffed(later)

        text = index(admin_client)

        assert '<span class="attention-count">1</span> <span>open shift this week</span>' in text
        assert '<span class="attention-count">2</span> <span>open shifts next week</span>' in text
        assert f'<a href="{page(Schedule, "change", schedule.pk)}">Kitchen</a>' in text
        assert f"{reverse('admin:scheduling_scheduleassignment_changelist')}?schedule__id__exact={schedule.pk}" in text
        assert f"?week_start__exact={this_monday()}" in text

    def test_the_links_lead_to_filtered_lists(self, admin_client: Client) -> None:
        understaffed(week())
        understaffed(week("Bar", week_start=this_monday() + datetime.timedelta(days=7)))

        schedules = admin_client.get(reverse("admin:scheduling_schedule_changelist"), {"week_start": this_monday()})
        assignments = admin_client.get(
            reverse("admin:scheduling_scheduleassignment_changelist"),
            {"schedule__id__exact": Schedule.objects.for_week(this_monday()).get().pk},
        )

        assert schedules.context["cl"].result_count == assignments.context["cl"].result_count == 1

    def test_counts_what_the_policy_finds(self, admin_client: Client) -> None:
        schedule = week()
        ScheduleAssignmentFactory(
            schedule=schedule, employee=EmployeeFactory(department=schedule.department, is_active=False)
        )

        assert '<td class="number is-error">1</td>' in index(admin_client)

    def test_shows_the_schedules_with_most_to_do(self, admin_client: Client) -> None:
        for number in range(MAX_SCHEDULES + 2):
            understaffed(week(f"Department {number}"), people=2 + number)

        text = index(admin_client)

        assert "Department 9" in text
        assert "Department 0" not in text
        assert "And 2 more schedules for this week" in text

    def test_lists_what_awaits_approval(self, admin_client: Client) -> None:
        kitchen = DepartmentFactory(name="Kitchen", parent=DepartmentFactory(name="Operations"))
        pending = week(department=kitchen, status="pending")

        text = index(admin_client)

        assert '<span class="attention-count">1</span> <span>schedule awaits approval</span>' in text
        assert f'<a href="{page(Schedule, "change", pending.pk)}">Operations / Kitchen</a>' in text
        assert "?status__exact=pending" in text

    def test_lists_what_the_user_has_not_read(self, admin_client: Client, admin_user: User) -> None:
        NotificationFactory(recipient=EmployeeFactory(user=admin_user), title="Your week is out")
        NotificationFactory(title="Of another")

        text = index(admin_client)

        assert '<span class="attention-count">1</span> <span>unread notification</span>' in text
        assert "Your week is out" in text
        assert "Of another" not in text

    def test_leads_from_a_number_to_as_many_rows(self, admin_client: Client, admin_user: User) -> None:
        NotificationFactory(recipient=EmployeeFactory(user=admin_user))
        NotificationFactory()

        (address,) = re.findall(r'href="(/admin/scheduling/notification/\?[^"]*)"', index(admin_client))

        assert len(admin_client.get(unescape(address)).context["cl"].result_list) == 1

    def test_says_so_when_there_is_nothing_to_do(self, admin_client: Client) -> None:
        assert index(admin_client).count("Nothing is planned yet.") == 2
        week()
        assert "The only schedule has the people it needs and breaks no rules." in index(admin_client)

    def test_follows_a_change_at_once(self, admin_client: Client) -> None:
        schedule = week()
        understaffed(schedule)
        assert "open shift this week" in index(admin_client)

        shift = schedule.assignments.get().shift
        ScheduleAssignmentFactory(schedule=schedule, shift=shift)

        assert '<span class="attention-count">0</span> <span>open shifts this week</span>' in index(admin_client)


class PermissionTests:
    def test_shows_only_what_the_user_may_see(self) -> None:
        understaffed(week())
        week("Bar", status="pending")

        assert "Needs attention" not in index(logged_in(staff(name="nobody")))
        text = index(logged_in(staff("view_schedule", name="schedules")))
        assert "awaits approval" in text
        assert "open shift" not in text
        assert "unread" not in text


class CostTests:
    @WARM
    def test_at_most_10_queries_whatever_there_is(self) -> None:
        user, counts = staff(*PLANNER), []
        employee = EmployeeFactory(user=user)
        for schedules in (1, 14):
            for number in range(schedules):
                understaffed(week(f"Department {number}"))
                week(f"Pending {number}", status="pending")
                NotificationFactory(recipient=employee)
            counts.append(queries(logged_in(user), reverse("admin:index")))

        assert counts[0] == counts[1] <= 10
