"""Forms that save what was touched. What two planners see of each other is in test_row_pages.py."""

from typing import Any

import pytest
from django import forms
from django.utils import timezone

from scheduling.admin.shared.compared_forms import ComparedForm
from scheduling.admin.shared.shown import ShownPage, Values
from scheduling.models import Department
from tests.factories import DepartmentFactory, EmployeeFactory

pytestmark = pytest.mark.django_db


class DepartmentForm(ComparedForm):
    class Meta:
        model = Department
        fields = ("name", "code", "manager", "description", "active")


def form_of(department: Department, shown: Values | None, **sent: Any) -> ComparedForm:
    """Return the form that sends something, on a page that has shown something."""
    rows = {f"department:{department.pk}": shown} if shown is not None else {}
    DepartmentForm.page = ShownPage(user=0, at=timezone.now(), rows=rows)
    now = forms.model_to_dict(department)
    data = {name: value for name, value in {**now, "active": "on", **sent}.items() if value not in (None, False)}
    return DepartmentForm(data, instance=Department.objects.get(pk=department.pk))


class ComparedFormTests:
    @pytest.fixture
    def department(self) -> Department:
        return DepartmentFactory(name="Spa", code="SPA")  # type: ignore[no-any-return]

    @pytest.fixture
    def shown(self, department: Department) -> Values:
        found = DepartmentForm(instance=department).to_show()
        assert found is not None
        return found

    def test_shows_what_its_fields_hold(self, shown: Values) -> None:
        assert shown == {"name": "Spa", "code": "SPA", "manager": "", "description": "", "active": True}

    def test_saves_what_was_touched(self, department: Department, shown: Values) -> None:
        manager = EmployeeFactory()
        form = form_of(department, shown, manager=manager.pk)
        assert form.changed_data == ["manager"]
        assert form.is_valid()
        assert form.save().manager == manager

    def test_does_not_validate_what_was_not_touched(self, department: Department, shown: Values) -> None:
        Department.objects.filter(pk=department.pk).update(code="")
        form = form_of(department, shown)
        assert (form.is_valid(), form.has_changed()) == (True, False)

    def test_names_the_values_of_a_conflict(self, department: Department, shown: Values) -> None:
        manager = EmployeeFactory(first_name="Amy", last_name="Adams")
        Department.objects.filter(pk=department.pk).update(active=False, description="x")
        form = form_of(department, shown, manager=manager.pk, description="y")
        assert not form.is_valid()
        question = form.non_field_errors()[0]
        for words in ("entered “Amy Adams”", "entered “y”, stored is “x”", "stored is “no”"):
            assert words in question

    def test_escapes_what_others_have_written(self, department: Department, shown: Values) -> None:
        Department.objects.filter(pk=department.pk).update(description="<script>")
        form = form_of(department, shown, description="<b>")
        assert "&lt;b&gt;" in str(form.non_field_errors())
        assert "<script>" not in str(form.non_field_errors())

    def test_with_a_refusal_is_not_valid(self, department: Department, shown: Values) -> None:
        form = form_of(department, shown, description="y")
        form.refusal = "Not now."
        assert form.non_field_errors() == ["Not now."]
        assert form["description"].value() == "y"
