"""What is switched on or off by an action of a list."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from scheduling.models import Department, Employee, Rule
from tests.factories import DepartmentFactory, EmployeeFactory, RuleFactory
from tests.scheduling.admin.browsing import act

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("factory", "model", "off", "on", "told"),
    [
        (DepartmentFactory, Department, "archive", "restore", ("Archived.", "Restored.")),
        (EmployeeFactory, Employee, "archive", "restore", ("Archived.", "Restored.")),
        (RuleFactory, Rule, "deactivate", "activate", ("Deactivated.", "Activated.")),
    ],
    ids=["departments", "employees", "rules"],
)
class SwitchTests:
    def test_is_in_the_history_of_the_rows_that_it_changed(
        self, factory: Any, model: Any, off: str, on: str, told: tuple[str, str], admin_client: Client
    ) -> None:
        row, other = factory(), factory()

        act(admin_client, model, off, row)
        assert f"1 {model._meta.verbose_name} {told[0].lower()}" in act(admin_client, model, off, row, other)
        act(admin_client, model, on, row)

        entries = LogEntry.objects.filter(object_id=str(row.pk), user__username="admin").order_by("pk")
        assert [(entry.object_repr, entry.get_change_message()) for entry in entries] == [
            (str(row), told[0]),
            (str(row), told[1]),
        ]
        assert LogEntry.objects.filter(object_id=str(other.pk)).count() == 1
