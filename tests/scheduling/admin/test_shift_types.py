"""The list of shift types."""

import pytest
from django.test import Client

from scheduling.models import ShiftType
from tests.factories import ShiftTypeFactory
from tests.scheduling.admin.browsing import page


@pytest.mark.django_db
def test_are_filtered_by_whether_they_are_active(admin_client: Client) -> None:
    day, night = ShiftTypeFactory(name="Day"), ShiftTypeFactory(name="Night", active=False)
    address = page(ShiftType, "changelist")
    for active, shown in ((1, day), (0, night)):
        assert list(admin_client.get(address, {"active__exact": active}).context["cl"].result_list) == [shown]
