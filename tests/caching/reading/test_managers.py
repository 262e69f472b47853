"""What default managers add to their rows."""

import pytest

from caching import CachedLookup
from caching.reading.managers import paths_joined_by, refuse_additions
from scheduling.models import Employee
from tests.caching.reading.models import Counted, Visit


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
