"""What the admin's own templates ask for."""

import pytest
from django.contrib.auth.models import User
from django.template import Context, Template

from tests.factories import EmployeeFactory, NotificationFactory


def rendered(source: str, user: User) -> str:
    return Template("{% load dashboard %}" + source).render(Context({"user": user}))


@pytest.mark.django_db
class TagsTests:
    def test_unread_of_is_what_the_employee_of_the_user_has_not_read(self, admin_user: User) -> None:
        source = "{% unread_of user as unread %}{{ unread|length }}"
        NotificationFactory(recipient=EmployeeFactory(user=admin_user))
        NotificationFactory()

        assert rendered(source, admin_user) == "1"

    def test_attention_of_is_of_this_week_and_the_next(self, admin_user: User) -> None:
        source = "{% attention_of user as attention %}{{ attention.weeks|length }}"

        assert rendered(source, admin_user) == "2"
