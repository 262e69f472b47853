"""The page of a shift, beside what it has in common with other pages of plans."""

import pytest
from django.test import Client

from scheduling.models import ScheduleAssignment, Shift
from tests.factories import ScheduleAssignmentFactory, ShiftFactory
from tests.scheduling.admin.browsing import page

pytestmark = pytest.mark.django_db


class DeleteTests:
    def test_is_refused_once_anybody_was_planned_for_it(self, admin_client: Client) -> None:
        shift = ShiftFactory(name="Early")
        ScheduleAssignmentFactory.create_batch(2, shift=shift)
        address = page(Shift, "delete", shift.pk)

        answer = admin_client.get(address).text
        admin_client.post(address, {"post": "yes"})
        selected = {"action": "delete_selected", "_selected_action": [shift.pk], "post": "yes"}
        admin_client.post(page(Shift, "changelist"), selected)

        assert "Early cannot be deleted because people are assigned to it:" in answer
        assert "<li>2 assignments</li>" in answer
        assert "Make it inactive instead" in answer
        assert ScheduleAssignment.objects.count() == 2

    def test_of_one_that_nobody_has_used(self, admin_client: Client) -> None:
        shift = ShiftFactory()

        admin_client.post(page(Shift, "delete", shift.pk), {"post": "yes"})

        assert not Shift.objects.filter(pk=shift.pk).exists()
