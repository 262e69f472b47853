"""Lists whose rows know their place in the tree of departments."""

import pytest
from django.test import Client

from scheduling.models import Department, Employee
from tests.factories import DepartmentFactory, EmployeeFactory
from tests.scheduling.admin.browsing import page

pytestmark = pytest.mark.django_db


class TreeChangeListTests:
    def test_shows_what_is_above_a_department_in_a_quieter_colour(self, admin_client: Client) -> None:
        EmployeeFactory(department=DepartmentFactory(name="Pastry", parent=DepartmentFactory(name="Kitchen")))
        text = admin_client.get(page(Employee, "changelist")).text
        assert '<span class="quiet">Kitchen / </span>Pastry' in text


class DepartmentChangeListTests:
    def test_is_in_the_order_of_the_tree_unless_a_column_is_sorted_by(self, admin_client: Client) -> None:
        kitchen, bar = DepartmentFactory(name="Kitchen"), DepartmentFactory(name="Bar")
        apples = DepartmentFactory(name="Apples", parent=kitchen)
        address = page(Department, "changelist")
        assert list(admin_client.get(address).context["cl"].result_list) == [bar, kitchen, apples]
        assert next(row.name for row in admin_client.get(address, {"o": "-1"}).context["cl"].result_list) == "Apples"

    def test_counts_people_in_a_department_and_below(self, admin_client: Client) -> None:
        kitchen = DepartmentFactory()
        EmployeeFactory(department=kitchen)
        EmployeeFactory(department=DepartmentFactory(parent=kitchen))
        rows = {row.pk: row for row in admin_client.get(page(Department, "changelist")).context["cl"].result_list}
        assert (rows[kitchen.pk].people, rows[kitchen.pk].people_in_all) == (1, 2)
