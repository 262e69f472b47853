"""What default managers add to their rows."""

import pytest

from caching import CachedLookup
from caching.reading.managers import joins_partly, loading, paths_joined_by, refuse_additions
from scheduling.models import Employee
from tests.caching.reading.models import Bill, Counted, Visit


class AdditionTests:
    def test_are_refused_by_name(self) -> None:
        with pytest.raises(
            ValueError, match=r"default manager of tests_of_reading\.Counted adds 'members' to its rows"
        ):
            refuse_additions(Counted)

    def test_of_a_plain_manager_are_none(self) -> None:
        refuse_additions(Employee)

    def test_are_refused_where_a_look_up_is_declared(self, watching: object) -> None:
        with pytest.raises(ValueError, match="Counted"):
            CachedLookup(Counted, "id", cache_type="rule", kind="counted")


class JoinTests:
    def test_are_given_as_paths(self) -> None:
        assert list(paths_joined_by(Visit)) == ["client"]
        assert list(paths_joined_by(Employee)) == []


class DeferringTests:
    """A manager that leaves columns out: the field of a look-up is loaded, and what is left out is not joined."""

    def test_leaves_the_field_of_a_look_up_in(self) -> None:
        field = Bill._meta.get_field("city")
        for rows in (Bill.objects.only("client"), Bill.objects.defer("city", "client"), Bill.objects.all()):
            names, is_deferred = loading(rows, field).query.deferred_loading
            assert ("city" in names) != is_deferred

    def test_says_which_columns_of_joined_rows_are_loaded(self) -> None:
        assert not joins_partly(Bill)
