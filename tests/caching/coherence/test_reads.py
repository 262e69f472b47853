"""Which statements are noted for "what to cache next"."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection

from caching import cache_manager
from caching.coherence.watcher import watcher_of
from caching.models import CacheSample
from caching.monitoring.repeated_selects import selects
from scheduling.models import Employee
from tests.factories import EmployeeFactory


@pytest.mark.django_db(transaction=True)
class RunTests:
    @pytest.fixture(autouse=True)
    def _afresh(self) -> Iterator[None]:
        watcher_of(connection)
        selects.forget()
        yield
        selects.forget()

    def noted(self) -> dict[str, int]:
        return {shape: count for shape, (count, _) in selects.longest(100).items()}

    def test_a_query_of_the_application_is_noted(self) -> None:
        for name in ("amy", "ben", "cleo"):
            User.objects.filter(username=name).first()
        ((shape, count),) = self.noted().items()
        assert count == 3
        assert '"auth_user"."username" = ?' in shape
        assert "amy" not in shape

    def test_loads_and_hits_of_the_cache_are_not(self) -> None:
        people = [EmployeeFactory() for _ in range(3)]
        selects.forget()
        for person in people:
            Employee.objects.get_by_email(person.email)
            Employee.objects.get_by_email(person.email)
        Employee.objects.get_many_by_email([person.email for person in people])
        cache_manager.clear()
        Employee.objects.get_many_by_email([person.email for person in people])
        assert self.noted() == {}

    def test_what_is_read_after_a_load_is_noted_again(self) -> None:
        def fail() -> None:
            raise LookupError

        with pytest.raises(LookupError):
            cache_manager.get_or_load("general", "id:1", fail)
        for _ in range(2):
            User.objects.count()
        assert list(self.noted().values()) == [2]

    def test_the_history_is_not(self) -> None:
        for _ in range(2):
            assert not CacheSample.objects.exists()
        assert self.noted() == {}

    def test_a_statement_that_fails_is_not(self) -> None:
        for _ in range(2):
            with pytest.raises(DatabaseError), connection.cursor() as cursor:
                cursor.execute("SELECT nothing FROM nowhere")
        assert self.noted() == {}
