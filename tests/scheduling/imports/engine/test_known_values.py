from typing import Any

import pytest

from scheduling.imports.engine.columns import Column
from scheduling.imports.engine.known_values import known_values, missing_values, named_values, near_values
from scheduling.imports.kinds import KINDS
from tests.factories import DepartmentFactory, EmployeeFactory, ShiftFactory, SkillFactory

pytestmark = pytest.mark.django_db


def column(kind: str, name: str) -> Column:
    return next(one for one in KINDS[kind].kind.columns if one.name == name)


class KnownValuesTests:
    def test_are_those_that_are_not_archived(self, django_assert_num_queries: Any) -> None:
        ShiftFactory(name="Late", active=False)
        ShiftFactory(name="Night")
        ShiftFactory(name="Early")
        with django_assert_num_queries(1):
            found = known_values(column("assignments", "shift_name"))
        assert [one.key for one in found] == ["Early", "Night"]

    def test_people_are_told_apart_by_their_numbers(self) -> None:
        EmployeeFactory(first_name="Amy", last_name="Reed", employee_number="7", email=None)
        (amy,) = known_values(column("assignments", "employee_email"))
        assert (amy.key, amy.label) == ("7", "Amy Reed (7)")

    def test_of_a_column_of_no_names_there_are_none(self) -> None:
        assert known_values(column("assignments", "date")) == []


class NearValuesTests:
    @pytest.mark.parametrize("value", ["Kichen", "KITT", "kitchen staff"])
    def test_are_found_by_any_of_their_names(self, value: str) -> None:
        DepartmentFactory(code="KIT", name="Kitchen")
        DepartmentFactory(code="BAR", name="Bar")
        known = known_values(column("employees", "department_code"))
        assert [one.key for one in near_values(value, known)] == ["KIT"]

    def test_people_are_found_by_either_order_of_their_names(self) -> None:
        EmployeeFactory(first_name="Amy", last_name="Reed", email="a@example.com")
        known = known_values(column("assignments", "employee_email"))
        assert [one.key for one in near_values("Reid, Amy", known)] == ["a@example.com"]

    def test_the_nearest_comes_first(self) -> None:
        for name in ("First aid", "Fire", "First aid course"):
            SkillFactory(name=name)
        known = known_values(column("employees", "skills"))
        assert [one.key for one in near_values("first aids", known)][:2] == ["First aid", "First aid course"]


class MissingValuesTests:
    def test_are_archived_or_not_there(self) -> None:
        ShiftFactory(name="Late", active=False)
        ShiftFactory(name="Early", code="E")
        assert missing_values(column("assignments", "shift_name"), ["Early", "e", "Late", "Gone"]) == {"Late", "Gone"}

    def test_skills_are_found_in_any_spelling(self) -> None:
        SkillFactory(name="First aid")
        assert missing_values(column("employees", "skills"), ["first  AID", "Fire"]) == {"Fire"}

    def test_names_of_people_are_found_in_a_column_of_names(self) -> None:
        EmployeeFactory(first_name="Amy", last_name="Reed", employee_number="7")
        names = column("assignments", "employee_name")
        assert missing_values(names, ["7", "Amy Reed", "8"]) == {"8"}
        assert named_values(names, ["Reed, Amy", "Ann"]) == {"Reed, Amy"}


class NamedValuesTests:
    def test_leave_out_what_may_be_several(self) -> None:
        DepartmentFactory(code="A", name="Bar")
        DepartmentFactory(code="B", name="Bar", parent=DepartmentFactory(code="C", name="House"))
        assert named_values(column("employees", "department_code"), ["Bar", "House", "Kitchen"]) == {"House"}
