import datetime

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from scheduling.models import Notification
from tests.factories import EmployeeFactory, NotificationFactory
from tests.scheduling.admin.browsing import WARM, act, logged_in, page, queries, staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def amy() -> User:
    """A user who may enter the admin and has no permission at all, and is an employee."""
    user = staff(name="amy")
    EmployeeFactory(user=user)
    return user


def told(user: User, title: str = "Your week is out") -> Notification:
    return NotificationFactory(recipient=user.employee, title=title)


def read(client: Client, notification: Notification) -> int:
    return client.post(reverse("admin:scheduling_notification_mark_read", args=[notification.pk])).status_code


class VisibilityTests:
    def test_staff_see_their_own(self, amy: User) -> None:
        own, other = told(amy), NotificationFactory(title="Of another")
        client = logged_in(amy)

        text = client.get(page(Notification, "changelist")).text

        assert "Your week is out" in text
        assert "Of another" not in text
        assert "column-recipient" not in text
        assert client.get(page(Notification, "change", own.pk)).status_code == 200
        assert client.get(page(Notification, "change", other.pk)).status_code == 302

    def test_those_with_the_permission_see_all(self, amy: User) -> None:
        told(amy)

        text = logged_in(staff("view_notification")).get(page(Notification, "changelist")).text

        assert "Your week is out" in text
        assert "column-recipient" in text

    def test_a_user_who_is_no_employee_sees_nothing(self) -> None:
        assert logged_in(staff()).get(page(Notification, "changelist")).status_code == 403

    def test_nobody_edits_what_was_said(self, amy: User, admin_client: Client) -> None:
        notification = told(amy)

        answer = admin_client.get(page(Notification, "change", notification.pk))

        assert 'name="title"' not in answer.text
        assert admin_client.post(page(Notification, "change", notification.pk), {"title": "x"}).status_code == 403

    def test_a_link_is_one(self, amy: User) -> None:
        notification = NotificationFactory(recipient=amy.employee, link="/admin/")

        assert '<a href="/admin/">/admin/</a>' in logged_in(amy).get(page(Notification, "change", notification.pk)).text

    def test_is_filtered_by_what_is_read(self, amy: User) -> None:
        told(amy)
        NotificationFactory(recipient=amy.employee, title="Seen", read_at=timezone.now())
        client = logged_in(amy)

        assert "Seen" not in client.get(page(Notification, "changelist"), {"read": "no"}).text
        assert "Your week" not in client.get(page(Notification, "changelist"), {"read": "yes"}).text


class ReadingTests:
    def test_the_button_marks_ones_own_as_read(self, amy: User) -> None:
        notification, client = told(amy), logged_in(amy)
        assert "Mark as read" in client.get(page(Notification, "change", notification.pk)).text

        assert read(client, notification) == 302

        notification.refresh_from_db()
        assert timezone.now() - notification.read_at < datetime.timedelta(minutes=1)
        assert "Mark as read" not in client.get(page(Notification, "change", notification.pk)).text

    def test_not_that_of_another(self, amy: User) -> None:
        notification = NotificationFactory()

        assert read(logged_in(amy), notification) == 403
        assert read(logged_in(staff("view_notification")), notification) == 403
        assert not Notification.objects.get().is_read

    def test_that_of_another_with_the_permission_to_change(self) -> None:
        assert read(logged_in(staff("view_notification", "change_notification")), NotificationFactory()) == 302
        assert Notification.objects.get().is_read

    def test_a_link_marks_nothing(self, amy: User) -> None:
        notification = told(amy)

        logged_in(amy).get(reverse("admin:scheduling_notification_mark_read", args=[notification.pk]))

        assert not Notification.objects.get().is_read

    def test_the_action_marks_ones_own_and_says_how_many(self, amy: User) -> None:
        own, client = told(amy), logged_in(amy)

        assert "1 notification marked as read." in act(client, Notification, "mark_read", own)
        assert "0 notifications marked as read." in act(client, Notification, "mark_read", own)

    def test_the_action_leaves_those_of_others_alone(self, amy: User) -> None:
        own, other = told(amy), NotificationFactory()
        amy.user_permissions.set(staff("view_notification").user_permissions.all())

        assert "1 notification marked as read." in act(logged_in(amy), Notification, "mark_read", own, other)
        assert list(Notification.objects.unread()) == [other]


class CostTests:
    @WARM
    @pytest.mark.parametrize("permissions", [(), ("view_notification",)])
    def test_the_list_costs_at_most_10_queries(self, permissions: tuple[str, ...]) -> None:
        user, counts = staff(*permissions, name="amy"), []
        employee = EmployeeFactory(user=user)
        for rows in (1, 29):
            for _ in range(rows):
                NotificationFactory(recipient=employee)
            counts.append(queries(logged_in(user), page(Notification, "changelist")))

        assert counts[0] == counts[1] <= 10
