import re

import pytest
from django.test import Client

from scheduling.models import Department, Employee, Schedule
from tests.factories import (
    DepartmentFactory,
    EmployeeFactory,
    RuleFactory,
    ScheduleFactory,
    ShiftFactory,
)
from tests.scheduling.admin.browsing import WARM, act, logged_in, page, queries, send, staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def pastry() -> Department:
    """Operations / Kitchen / Pastry, beside Rooms."""
    operations = DepartmentFactory(name="Operations", code="OPS")
    DepartmentFactory(name="Rooms", code="ROM")
    return DepartmentFactory(
        name="Pastry", code="PAS", parent=DepartmentFactory(name="Kitchen", code="KIT", parent=operations)
    )


def names(client: Client, **query: str) -> list[str]:
    """Return the complete names of the list in its order."""
    text = client.get(page(Department, "changelist"), query).text
    cells = re.findall(r'field-complete_name">(.*?)</th>', text)
    return [re.sub(r"<[^>]*>", "", cell) for cell in cells]


class ListTests:
    def test_is_in_the_order_of_the_tree_with_complete_names(self, pastry: Department, admin_client: Client) -> None:
        DepartmentFactory(name="Bar", parent=Department.objects.get(code="OPS"))

        assert names(admin_client) == [
            "Operations",
            "Operations / Bar",
            "Operations / Kitchen",
            "Operations / Kitchen / Pastry",
            "Rooms",
        ]

    def test_can_be_sorted_by_a_column(self, pastry: Department, admin_client: Client) -> None:
        assert [name.rpartition(" / ")[2] for name in names(admin_client, o="2")] == [
            "Kitchen",
            "Operations",
            "Pastry",
            "Rooms",
        ]

    def test_follows_a_department_that_moves(self, pastry: Department, admin_client: Client) -> None:
        names(admin_client)
        pastry.parent = Department.objects.get(code="ROM")
        pastry.save()

        assert names(admin_client)[-1] == "Rooms / Pastry"

    def test_counts_the_people_here_and_below(self, pastry: Department, admin_client: Client) -> None:
        EmployeeFactory.create_batch(2, department=pastry)
        EmployeeFactory(department=pastry.parent)
        EmployeeFactory(department=pastry.parent, is_active=False)

        text = admin_client.get(page(Department, "changelist")).text

        assert re.findall(r'field-people">(\d+)<', text) == ["0", "1", "2", "0"]
        assert re.findall(r'field-people_in_all">(\d+)<', text) == ["3", "3", "2", "0"]

    @pytest.mark.parametrize("words", ["kitchen", "kitchen OPERATIONS", "kit pastry", "pas"])
    def test_is_searched_by_any_words_of_the_complete_name(
        self, words: str, pastry: Department, admin_client: Client
    ) -> None:
        assert "Operations / Kitchen / Pastry" in names(admin_client, q=words)
        assert "Rooms" not in names(admin_client, q=words)

    def test_shows_a_cycle_that_somebody_has_stored(self, pastry: Department, admin_client: Client) -> None:
        Department.objects.filter(code="OPS").update(parent=pastry)

        assert set(names(admin_client)) == {"Operations", "Kitchen", "Pastry", "Rooms"}
        assert admin_client.get(page(Department, "change", pastry.pk)).status_code == 200

    @WARM
    def test_costs_at_most_10_queries_whatever_the_number_of_rows(self) -> None:
        client, counts = logged_in(staff("view_department", "change_department")), []
        for rows in (1, 29):
            for _ in range(rows):
                DepartmentFactory(parent=DepartmentFactory(), manager=EmployeeFactory())
            counts.append(queries(client, page(Department, "changelist")))

        assert counts[0] == counts[1] <= 10


class SubtreeFilterTests:
    def test_keeps_a_department_and_what_is_below(self, pastry: Department, admin_client: Client) -> None:
        kitchen = pastry.parent

        assert names(admin_client, within=str(kitchen.pk)) == ["Operations / Kitchen", "Operations / Kitchen / Pastry"]

    def test_keeps_the_people_of_the_subtree(self, pastry: Department, admin_client: Client) -> None:
        EmployeeFactory(department=pastry, last_name="Below")
        EmployeeFactory(department=Department.objects.get(code="ROM"), last_name="Elsewhere")

        text = admin_client.get(page(Employee, "changelist"), {"within": pastry.parent.pk}).text

        assert "Below" in text
        assert "Elsewhere" not in text

    @pytest.mark.parametrize("value", ["0", "-1", "x", "9" * 30])
    def test_answers_what_is_no_department_with_no_rows(
        self, value: str, pastry: Department, admin_client: Client
    ) -> None:
        assert names(admin_client, within=value) == []

    def test_counts_rows_by_choice_when_asked(self, pastry: Department, admin_client: Client) -> None:
        text = admin_client.get(page(Department, "changelist"), {"_facets": "True"}).text

        assert "Kitchen (2)" in text


class FormTests:
    def test_shows_place_children_and_people(self, pastry: Department, admin_client: Client) -> None:
        EmployeeFactory(department=pastry.parent, first_name="Amy", last_name="Okafor", role="Chef")
        EmployeeFactory(department=pastry.parent, last_name="Gone", is_active=False)
        EmployeeFactory(department=pastry)

        text = admin_client.get(page(Department, "change", pastry.parent.pk)).text

        assert "Operations / Kitchen" in text
        assert page(Department, "change", pastry.pk) in text
        assert "Amy Okafor" in text
        assert "Gone" not in text
        assert "2 people including subdepartments" in text

    def test_shows_nobody_to_those_who_may_not_see_people(self, pastry: Department) -> None:
        EmployeeFactory(department=pastry, last_name="Okafor")

        text = logged_in(staff("view_department")).get(page(Department, "change", pastry.pk)).text

        assert "Operations / Kitchen / Pastry" in text
        assert "Okafor" not in text

    @WARM
    def test_costs_the_same_for_30_people_as_for_1(self, pastry: Department) -> None:
        client = logged_in(staff("view_department", "change_department", "view_employee"))
        counts = []
        for rows in (1, 29):
            EmployeeFactory.create_batch(rows, department=pastry)
            counts.append(queries(client, page(Department, "change", pastry.pk)))

        assert counts[0] == counts[1] <= 10

    def test_refuses_to_deactivate_one_with_people(self, pastry: Department, admin_client: Client) -> None:
        EmployeeFactory.create_batch(2, department=pastry)
        form = {"name": "Pastry", "code": "PAS", "parent": pastry.parent_id}

        answer = send(admin_client, page(Department, "change", pastry.pk), form)

        assert answer.context["adminform"].form.errors == {
            "active": ["Pastry (PAS) still has 2 active employees: move or archive them first."]
        }

    def test_refuses_a_cycle(self, pastry: Department, admin_client: Client) -> None:
        top = pastry.parent.parent
        form = {"name": top.name, "code": top.code, "parent": pastry.pk, "active": "on"}

        answer = send(admin_client, page(Department, "change", top.pk), form)

        assert answer.context["adminform"].form.errors == {
            "parent": ["Pastry (PAS) is already below Operations (OPS)."]
        }


class ArchiveTests:
    def test_archives_the_empty_and_says_why_not_the_others(self, pastry: Department, admin_client: Client) -> None:
        EmployeeFactory(department=pastry)
        rooms = Department.objects.get(code="ROM")

        answer = act(admin_client, Department, "archive", pastry, rooms)

        assert "1 department archived." in answer
        assert "Pastry (PAS) still has 1 active employee: move or archive them first." in answer
        assert set(Department.objects.filter(active=False)) == {rooms}

    def test_restores(self, admin_client: Client) -> None:
        department = DepartmentFactory(active=False)

        assert "1 department restored." in act(admin_client, Department, "restore", department)
        assert Department.objects.active().get() == department

    def test_needs_the_permission_to_change(self, pastry: Department) -> None:
        act(logged_in(staff("view_department")), Department, "archive", pastry)

        assert not Department.objects.filter(active=False).exists()


class DeletionTests:
    def test_is_refused_with_what_refers_to_it(self, pastry: Department, admin_client: Client) -> None:
        kitchen = pastry.parent
        EmployeeFactory.create_batch(2, department=kitchen)
        ShiftFactory(department=kitchen)
        ScheduleFactory(department=kitchen)
        RuleFactory(department=kitchen)

        answer = admin_client.get(page(Department, "delete", kitchen.pk)).text
        admin_client.post(page(Department, "delete", kitchen.pk), {"post": "yes"})

        assert "Kitchen (KIT) cannot be deleted because it is still used by:" in answer
        for told in ("1 subdepartment", "2 employees", "1 shift", "1 schedule", "1 rule"):
            assert f"<li>{told}</li>" in answer
        assert "Archive it instead" in answer
        assert Schedule.objects.filter(department=kitchen).exists()

    def test_takes_what_nothing_refers_to(self, pastry: Department, admin_client: Client) -> None:
        admin_client.post(page(Department, "delete", pastry.pk), {"post": "yes"})

        assert not Department.objects.filter(pk=pastry.pk).exists()

    def test_of_many_at_once_is_not_offered(self, pastry: Department, admin_client: Client) -> None:
        assert "delete_selected" not in admin_client.get(page(Department, "changelist")).text
