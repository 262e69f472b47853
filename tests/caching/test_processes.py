"""Two real processes on one database and one cache directory."""

import pytest

from scheduling.models import Employee
from tests.factories import EmployeeFactory
from tests.processes import Child

pytestmark = pytest.mark.django_db(transaction=True)


class TwoProcessesTests:
    def test_a_save_in_one_is_what_the_other_reads_next(self, child: Child) -> None:
        employee = EmployeeFactory(email="amy@example.com", first_name="Amy")
        child.run("from scheduling.models import Employee")
        assert child.run("Employee.objects.get_by_email('amy@example.com').first_name") == "Amy"

        employee.first_name = "Ann"
        employee.save()

        assert child.run("Employee.objects.get_by_email('amy@example.com').first_name") == "Ann"
        child.run("Employee.objects.filter(email='amy@example.com').update(first_name='Bea')")
        found = Employee.objects.get_by_email("amy@example.com")
        assert found is not None
        assert found.first_name == "Bea"
