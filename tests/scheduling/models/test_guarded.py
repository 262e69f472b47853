"""Fields behind permissions of their own."""

import pytest
from django.contrib.auth.models import AnonymousUser

from scheduling.models import Department, Employee
from scheduling.models.guarded import closed_to, guarded_fields, hidden_from
from tests.scheduling.admin.browsing import staff

pytestmark = pytest.mark.django_db


class GuardedTests:
    def test_each_has_a_permission_to_see_and_one_to_change(self) -> None:
        codenames = {codename for codename, _text in Employee._meta.permissions}

        assert codenames == {f"{verb}_{name}" for verb in ("view", "change") for name in guarded_fields(Employee)}

    @pytest.mark.parametrize(
        ("permissions", "hidden", "closed"),
        [
            (("change_employee",), {"hourly_rate", "phone"}, {"hourly_rate", "phone"}),
            (("view_phone",), {"hourly_rate"}, {"hourly_rate", "phone"}),
            (("change_phone",), {"hourly_rate"}, {"hourly_rate"}),
            (("change_phone", "change_hourly_rate"), set(), set()),
        ],
    )
    def test_who_may_change_one_may_see_it(
        self, permissions: tuple[str, ...], hidden: set[str], closed: set[str]
    ) -> None:
        user = staff(*permissions)

        assert hidden_from(user, Employee) == hidden
        assert closed_to(user, Employee) == closed

    def test_nobody_sees_them_without_a_login(self) -> None:
        assert hidden_from(AnonymousUser(), Employee) == {"hourly_rate", "phone"}

    def test_other_models_have_none(self) -> None:
        assert hidden_from(AnonymousUser(), Department) == closed_to(AnonymousUser(), Department) == set()
