"""List filters whose choices are cached."""

import pytest
from django.test import Client

from scheduling.models import Department, Employee
from tests.factories import DepartmentFactory, EmployeeFactory, SkillFactory
from tests.scheduling.admin.browsing import page

pytestmark = pytest.mark.django_db


class SubtreeFilterTests:
    def test_shows_a_department_with_all_below(self, admin_client: Client) -> None:
        kitchen = DepartmentFactory()
        pastry, bar = DepartmentFactory(parent=kitchen), DepartmentFactory()
        address = page(Department, "changelist")
        for chosen, shown in ((kitchen, {kitchen, pastry}), (pastry, {pastry}), (bar, {bar})):
            assert set(admin_client.get(address, {"within": chosen.pk}).context["cl"].result_list) == shown

    def test_shows_nothing_for_what_is_not_a_department(self, admin_client: Client) -> None:
        DepartmentFactory()
        assert not admin_client.get(page(Department, "changelist"), {"within": "x"}).context["cl"].result_list

    def test_indents_departments_by_their_depth(self, admin_client: Client) -> None:
        DepartmentFactory(name="Pastry", parent=DepartmentFactory(name="Kitchen"))
        text = admin_client.get(page(Employee, "changelist")).text
        assert "\u2003Pastry" in text
        assert "\u2003Kitchen" not in text


class SkillFilterTests:
    def test_shows_rows_with_the_skill(self, admin_client: Client) -> None:
        skill = SkillFactory()
        skilled, _other = EmployeeFactory(skills=[skill]), EmployeeFactory()
        address = page(Employee, "changelist")
        assert list(admin_client.get(address, {"skill": skill.pk}).context["cl"].result_list) == [skilled]
        assert not admin_client.get(address, {"skill": "x"}).context["cl"].result_list
