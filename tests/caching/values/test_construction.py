"""Which models keep state of their own for each instance."""

from typing import Any

from django.db.models.signals import post_init, pre_init

from caching.values.construction import is_kept_elsewhere, is_plain
from scheduling.models import Department, Employee
from tests.caching.reading.models import Task


class PlainTests:
    def test_is_a_model_without_a_constructor_of_its_own(self) -> None:
        assert is_plain(Employee)
        assert not is_plain(Task)

    def test_is_no_model_with_a_receiver_as_long_as_that_is_connected(self) -> None:
        def receive(**kwargs: Any) -> None:
            """Do nothing."""

        for signal in (pre_init, post_init):
            assert is_plain(Department)
            signal.connect(receive, sender=Department)
            assert not is_plain(Department)
            assert is_plain(Employee)
            signal.disconnect(receive, sender=Department)
        assert is_plain(Department)


class DescriptorTests:
    def test_of_django_keep_values_under_the_name_of_the_field(self) -> None:
        assert not is_kept_elsewhere(Employee, "email")
        assert not is_kept_elsewhere(Employee, "department_id")
        assert not is_kept_elsewhere(Task, "paper")
