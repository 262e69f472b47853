import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from pytest_django import DjangoAssertNumQueries

from scheduling.workflow import history
from scheduling.workflow.history import MAX_NAME_LENGTH
from tests.factories import DepartmentFactory


@pytest.mark.django_db
class WriteTests:
    def test_writes_an_entry_per_row_in_two_queries(
        self, user: int, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        rows = [DepartmentFactory(name=name) for name in ("Bar", "Kitchen")]

        with django_assert_max_num_queries(2):
            history.write(user, rows, CHANGE, ["Closed.", "Opened."])

        entries = LogEntry.objects.order_by("object_id").values_list("object_id", "object_repr", "change_message")
        assert list(entries) == [
            (str(rows[0].pk), str(rows[0]), "Closed."),
            (str(rows[1].pk), str(rows[1]), "Opened."),
        ]

    def test_shortens_a_name_that_is_too_long(self, user: int) -> None:
        history.write(user, [DepartmentFactory.build(pk=1, name="x" * 300)], CHANGE, ["Changed."])

        assert LogEntry.objects.get().object_repr == "x" * MAX_NAME_LENGTH

    def test_asks_nothing_without_rows(self, user: int, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        with django_assert_num_queries(0):
            history.write(user, [], CHANGE, [])
