from decimal import Decimal

import pytest
from django.db.models import Value
from django.db.models.functions import Concat
from django.forms import model_to_dict
from hypothesis import given
from hypothesis import strategies as st

from scheduling.fields import LowerEmailField, normalise_email
from scheduling.models import Employee
from tests.factories import EmployeeFactory


class NormaliseEmailTests:
    def test_strips_and_lowers(self) -> None:
        assert normalise_email("  Amy@Example.COM\n") == "amy@example.com"

    @given(st.text(max_size=40))
    def test_the_field_agrees_in_every_place(self, text: str) -> None:
        field = LowerEmailField()

        assert field.to_python(text) == field.get_prep_value(text) == normalise_email(text)


@pytest.mark.django_db
class LowerEmailFieldTests:
    def test_a_saved_instance_shows_what_is_stored(self) -> None:
        employee = EmployeeFactory(email=" Amy@Example.COM ")

        assert employee.email == "amy@example.com"
        assert Employee.objects.values_list("email", flat=True).get() == "amy@example.com"

    def test_bulk_create_and_update_store_lower_case(self) -> None:
        first = EmployeeFactory()
        [second] = Employee.objects.bulk_create([EmployeeFactory.build(department=first.department, email="B@X.COM")])
        Employee.objects.filter(pk=first.pk).update(email="A@X.COM")

        assert second.email == "b@x.com"
        assert set(Employee.objects.values_list("email", flat=True)) == {"a@x.com", "b@x.com"}

    def test_look_ups_take_any_case(self) -> None:
        employee = EmployeeFactory(email="amy@example.com")

        assert Employee.objects.get(email=" AMY@example.com") == employee
        assert Employee.objects.get(email__in=["AMY@EXAMPLE.COM"]) == employee

    def test_an_expression_is_left_to_the_database(self) -> None:
        employee = EmployeeFactory(email="amy@example.com")
        employee.email = Concat(Value("x"), "email")
        employee.save()

        employee.refresh_from_db()
        assert employee.email == "xamy@example.com"

    def test_without_an_address_it_is_empty_and_not_the_same_as_another(self) -> None:
        first, second = EmployeeFactory(email=""), EmployeeFactory(email="  ")

        assert (first.email, second.email) == (None, None)
        assert set(Employee.objects.filter(email="").order_by("pk")) == {first, second}

    def test_nobody_is_found_by_an_empty_address(self) -> None:
        EmployeeFactory(email=None)
        amy = EmployeeFactory(email="amy@example.com")

        assert Employee.objects.get_by_email("") is None
        assert Employee.objects.get_many_by_email(["", " ", "amy@example.com"]) == {"amy@example.com": amy}


@pytest.mark.django_db
class HoursFieldTests:
    @pytest.mark.parametrize(("hours", "shown"), [(40, "40"), ("38.50", "38.5"), (Decimal("37.75"), "37.75")])
    def test_hours_have_a_fraction_and_no_zeros_at_the_end(self, hours: object, shown: str) -> None:
        employee = EmployeeFactory(max_hours_per_week=hours)

        employee.refresh_from_db()
        assert employee.max_hours_per_week == Decimal(str(hours))
        assert str(model_to_dict(employee)["max_hours_per_week"]) == shown
