"""What is declared after start-up is remembered, and logged once."""

from collections.abc import Callable

import pytest

from caching import CachedLookup, watch
from caching.coherence.late import late, note_if_late
from scheduling.models import Employee, Notification, Skill


class NoteTests:
    def test_is_logged_once_and_says_where_it_belongs(self, caplog: pytest.LogCaptureFixture) -> None:
        note_if_late("The watch of shop.Order")
        note_if_late("The watch of shop.Order")
        assert list(late) == ["The watch of shop.Order"]
        (record,) = caplog.records
        assert record.levelname == "WARNING"
        assert "shop.Order" in record.getMessage()
        assert "ready()" in record.getMessage()


class WatchTests:
    def test_that_adds_a_model_or_a_field_is_late(self, watching: Callable[..., None]) -> None:
        watch(Notification, by=("recipient", "title"))
        assert "The watch of scheduling.Notification.title" in late

    def test_that_adds_nothing_is_not(self, watching: Callable[..., None]) -> None:
        watch(Skill)
        watch(Employee, by=("email",))
        assert not late


class LookUpTests:
    def test_is_late_unless_it_was_declared_at_start_up(self, watching: Callable[..., None]) -> None:
        CachedLookup(Employee, "email", cache_type="employee")
        assert not late
        CachedLookup(Employee, "employee_number", cache_type="employee", kind="of_this_test")
        assert "The look-up scheduling.Employee.employee_number" in late
