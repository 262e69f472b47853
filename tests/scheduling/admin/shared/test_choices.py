"""What the autocompletes of a plan offer: they answer every key that is pressed."""

from typing import Any

import pytest
from django.test import Client

from scheduling.models import Employee, Shift
from tests.factories import EmployeeFactory, ShiftFactory
from tests.scheduling.admin.browsing import WARM, logged_in, page, queries, staff


def asked(field: str, term: str = "", **more: Any) -> dict[str, Any]:
    return {"app_label": "scheduling", "model_name": "scheduleassignment", "field_name": field, "term": term, **more}


PEOPLE, SHIFTS = page(Employee, "to_plan_autocomplete"), page(Shift, "with_times_autocomplete")


@pytest.fixture
def client() -> Client:
    return logged_in(staff("view_employee", "view_shift"))


def offered(client: Client, address: str, field: str, term: str = "", **more: Any) -> list[str]:
    return [result["text"] for result in client.get(address, asked(field, term, **more)).json()["results"]]


@pytest.mark.django_db
class PeopleToPlanTests:
    def test_are_active_and_found_by_any_words(self, client: Client) -> None:
        for first, last, role in (("Amy", "Berg", "Cook"), ("Amy", "Adams", "Waiter"), ("Bo", "Ames", "Cook")):
            EmployeeFactory(first_name=first, last_name=last, role=role, email=f"{first}.{last}@x.example")
        EmployeeFactory(first_name="Amy", last_name="Gone", is_active=False)

        assert offered(client, PEOPLE, "employee") == ["Amy Adams", "Bo Ames", "Amy Berg"]
        assert offered(client, PEOPLE, "employee", "AM") == ["Amy Adams", "Bo Ames", "Amy Berg"]
        assert offered(client, PEOPLE, "employee", "berg amy") == ["Amy Berg"]
        assert offered(client, PEOPLE, "employee", "ames cook") == ["Bo Ames"]
        assert offered(client, PEOPLE, "employee", "nobody") == []

    def test_come_twenty_at_a_time(self, client: Client) -> None:
        EmployeeFactory.create_batch(25)
        first = client.get(PEOPLE, asked("employee")).json()
        assert (len(first["results"]), first["pagination"]) == (20, {"more": True})
        assert len(offered(client, PEOPLE, "employee", page=2)) == 5

    def test_are_for_those_who_may_see_people(self) -> None:
        assert logged_in(staff("view_shift")).get(PEOPLE, asked("employee")).status_code == 403


@pytest.mark.django_db
class ShiftsWithTimesTests:
    def test_are_those_in_use_with_their_times(self, client: Client) -> None:
        ShiftFactory(name="Early", code="E1", start_time="06:00", end_time="14:00")
        ShiftFactory(name="Late", code="L1", start_time="14:00", end_time="22:00")
        ShiftFactory(name="Early old", active=False)

        assert offered(client, SHIFTS, "shift") == ["Early (06:00–14:00)", "Late (14:00–22:00)"]
        assert offered(client, SHIFTS, "shift", "ear") == ["Early (06:00–14:00)"]
        assert offered(client, SHIFTS, "shift", "l1 22") == ["Late (14:00–22:00)"]


class CostTests:
    @WARM
    @pytest.mark.parametrize(("address", "field"), [(PEOPLE, "employee"), (SHIFTS, "shift")])
    def test_no_query_but_those_for_the_user(self, address: str, field: str) -> None:
        EmployeeFactory()
        ShiftFactory()
        # The session, the user, two for the permissions.
        assert queries(logged_in(staff("view_employee", "view_shift")), address, asked(field, "a")) == 4
