"""What `ready()` puts together: the policy is asked by the model, which cannot import it."""

import pytest
from django.core.exceptions import ValidationError

from scheduling.models import ScheduleAssignment
from tests.factories import EmployeeFactory, ScheduleFactory, ShiftFactory


@pytest.mark.django_db
class ReadyTests:
    def test_assignments_are_validated_by_the_policy(self) -> None:
        employee = EmployeeFactory(is_active=False)
        schedule = ScheduleFactory(department=employee.department)
        assignment = ScheduleAssignment(
            schedule=schedule, employee=employee, shift=ShiftFactory(), date=schedule.week_start
        )

        with pytest.raises(ValidationError) as caught:
            assignment.full_clean()

        assert caught.value.message_dict == {"employee": [f"{employee} is not active."]}
