"""What the pages of the admin make of an address that nobody should write."""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import models
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.urls import reverse

from scheduler_project.admin_site import CarefulAdmin, is_readable
from scheduling.models import Employee, Notification, Schedule, Shift, Skill
from tests.factories import EmployeeFactory, SkillFactory

pytestmark = pytest.mark.django_db


def field(model: type[models.Model], name: str) -> Any:
    return model._meta.get_field(name)


class IsReadableTests:
    @pytest.mark.parametrize(
        ("model", "name", "text"),
        [
            (Skill, "id", "1"),
            (Employee, "department", "1"),
            (Employee, "hourly_rate", "12.50"),
            (Schedule, "week_start", "2026-11-30"),
            (Shift, "start_time", "06:00"),
            (Skill, "name", "' OR 1=1"),
        ],
    )
    def test_takes_what_a_column_can_hold(self, model: type[models.Model], name: str, text: str) -> None:
        assert is_readable(field(model, name), text)

    @pytest.mark.parametrize(
        ("model", "name", "text"),
        [
            (Skill, "id", "9" * 30),
            (Skill, "id", "9" * 5000),
            (Skill, "id", "²"),
            (Employee, "department", "x"),
            (Employee, "hourly_rate", "x"),
            (Employee, "is_active", "x"),
            (Schedule, "week_start", "2026-02-30"),
            (Schedule, "version", "-99999999999999999999"),
            (Shift, "start_time", "25:61"),
            (Notification, "expires_at", "9223372036854775808"),
        ],
    )
    def test_refuses_anything_else(self, model: type[models.Model], name: str, text: str) -> None:
        assert not is_readable(field(model, name), text)


class SiteTests:
    def test_is_careful_with_every_model(self) -> None:
        assert [each for each in admin.site._registry.values() if not isinstance(each, CarefulAdmin)] == []

    def test_keeps_the_name_of_the_class(self) -> None:
        assert type(admin.site._registry[Employee]).__qualname__ == "EmployeeAdmin"


def administrator_request() -> HttpRequest:
    request = RequestFactory().get("/")
    request.user = User(username="root", is_superuser=True, is_active=True)
    return request


class LookupTests:
    @pytest.mark.parametrize(
        ("lookup", "value"),
        [
            ("is_active__exact", "1"),
            ("department__id__exact", "1"),
            ("department", "1"),
            ("hire_date__gte", "2026-01-01"),
            ("id__in", "1,2"),
            ("end_date__isnull", "True"),
            ("pk", "1"),
            ("within", "anything"),
        ],
    )
    def test_takes_comparisons_and_parameters(self, lookup: str, value: str) -> None:
        assert admin.site._registry[Employee].lookup_allowed(lookup, value, administrator_request())

    @pytest.mark.parametrize(
        ("lookup", "value"),
        [
            ("last_name__regex", "(a+)+$"),
            ("last_name__range", "a"),
            ("hire_date__year", "9999999999"),
            ("id__in", f"1,{'9' * 30}"),
            ("end_date__isnull", "perhaps"),
            ("department__id__exact", "x"),
            ("last_name__exact__in", "a"),
        ],
    )
    def test_refuses_all_others(self, lookup: str, value: str) -> None:
        assert not admin.site._registry[Employee].lookup_allowed(lookup, value, administrator_request())

    def test_the_answer_has_a_sentence(self, admin_client: Client) -> None:
        response = admin_client.get(reverse("admin:scheduling_employee_changelist"), {"last_name__regex": "(a+)+$"})

        assert response.status_code == 400
        assert "This request cannot be read" in response.text


class FormTests:
    def test_shows_what_is_wrong_with_a_choice(self, admin_client: Client) -> None:
        form = {"user": "x", "department": "9" * 30, "skills": ["1", "9" * 30]}
        response = admin_client.post(reverse("admin:scheduling_employee_add"), form)

        errors = response.context["adminform"].form.errors
        assert errors["user"] == errors["department"]
        assert "Select a valid choice." in errors["user"][0]
        assert errors["skills"] == [f"“{'9' * 30}” is not a valid value."]

    def test_begins_with_what_the_address_says_if_it_can(self, admin_client: Client) -> None:
        employee, address = EmployeeFactory(), reverse("admin:scheduling_notification_add")

        page = admin_client.get(address, {"recipient": employee.pk, "title": "Hello", "priority": "9" * 30})

        initial = page.context["adminform"].form.initial
        assert (initial["recipient"], initial["title"]) == (str(employee.pk), "Hello")
        assert "priority" not in initial


class ActionTests:
    def test_leaves_out_what_is_no_row(self, admin_client: Client) -> None:
        skill = SkillFactory()
        form = {"action": "delete_selected", "_selected_action": ["x", "9" * 30, str(skill.pk)], "post": "yes"}

        admin_client.post(reverse("admin:scheduling_skill_changelist"), form)

        assert not Skill.objects.exists()

    def test_says_that_nothing_is_selected(self, admin_client: Client) -> None:
        form = {"action": "delete_selected", "_selected_action": ["x"]}
        page = admin_client.post(reverse("admin:auth_user_changelist"), form, follow=True)

        assert "Items must be selected" in page.text
        assert User.objects.count() == 1
