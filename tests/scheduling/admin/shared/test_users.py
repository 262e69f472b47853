"""The user of a request, and the employee behind the user."""

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.test import RequestFactory

from scheduling.admin.shared.users import employee_of, user_id
from tests.factories import EmployeeFactory


@pytest.mark.django_db
class UserTests:
    def test_has_a_key(self) -> None:
        request = RequestFactory().get("/")
        request.user = User.objects.create_user("amy")
        assert user_id(request) == request.user.pk

    def test_may_be_an_employee(self) -> None:
        amy, robin = (User.objects.create_user(name) for name in ("amy", "robin"))
        employee = EmployeeFactory(user=amy)
        assert employee_of(amy) == employee
        assert employee_of(robin) is None
        assert employee_of(AnonymousUser()) is None
