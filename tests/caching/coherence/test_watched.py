"""Which models are watched, and what a write to each table means for them."""

from collections.abc import Callable

import pytest

from caching import NotWatched
from caching.coherence.watched import WatchedTable, is_watched, labels_of, tables, watched_labels
from scheduling.models import Employee
from tests.caching.coherence.models import Club, ClubWithTwoParents, Meeting, Moment, Place, Society

Watch = Callable[..., None]


def meaning(table: str, model: type) -> WatchedTable:
    """Return what a write to the table means for the model."""
    (found,) = (entry for entry in tables[table] if entry.label == model._meta.label)  # type: ignore[attr-defined]
    return found


class RegisterTests:
    def test_a_table_of_a_model_names_its_rows_and_its_watched_fields(self) -> None:
        found = meaning("scheduling_employee", Employee)
        assert (found.row_column, found.through) == ("id", False)
        assert {column: attname for column, (attname, _) in found.by.items()}.items() >= {
            "email": "email",
            "department_id": "department_id",
        }.items()

    def test_the_primary_key_is_no_watched_field(self) -> None:
        assert "id" not in meaning("scheduling_employee", Employee).by

    def test_a_through_table_names_the_rows_at_both_ends(self) -> None:
        table = Employee.skills.through._meta.db_table
        found = {entry.label: (entry.row_column, entry.through) for entry in tables[table]}
        assert found == {"scheduling.Employee": ("employee_id", True), "scheduling.Skill": ("skill_id", True)}

    def test_a_table_of_a_parent_names_rows_of_the_child(self, watching: Watch) -> None:
        watching(Club, by=("name",))
        found = meaning(Place._meta.db_table, Club)
        assert found.row_column == "place_id"
        assert list(found.by) == ["name"]
        assert meaning(Club._meta.db_table, Club).row_column == "place_ptr_id"

    def test_a_second_parent_says_nothing_about_the_rows_of_the_child(self, watching: Watch) -> None:
        watching(ClubWithTwoParents)
        assert meaning(Place._meta.db_table, ClubWithTwoParents).row_column == "place_id"
        assert meaning(Society._meta.db_table, ClubWithTwoParents).row_column == ""

    def test_a_through_table_that_refers_to_another_field_names_no_row(self, installed: None, watching: Watch) -> None:
        watching(Meeting)
        watching(Employee)
        table = Meeting.guests.through._meta.db_table
        assert meaning(table, Meeting).row_column == "meeting_id"
        # The guest is referred to by the e-mail address.
        assert meaning(table, Employee).row_column == ""

    def test_a_key_with_many_spellings_names_no_row(self, watching: Watch) -> None:
        watching(Moment)
        assert meaning(Moment._meta.db_table, Moment).row_column == ""


class WatchedLabelsTests:
    def test_are_those_that_were_declared(self, watching: Watch) -> None:
        assert not is_watched(Place._meta.label)
        watching(Place)
        assert is_watched(Place._meta.label)
        assert Place._meta.label in watched_labels()


class LabelsOfTests:
    def test_are_the_model_and_its_parents(self, watching: Watch) -> None:
        watching(Club)
        assert labels_of(Club) == [Club._meta.label, Place._meta.label]
        assert labels_of(Employee) == ["scheduling.Employee"]

    def test_a_model_that_nobody_watches_is_refused(self) -> None:
        with pytest.raises(NotWatched) as caught:
            labels_of(Place)
        assert str(caught.value) == (
            "Rows of tests_of_coherence.Place cannot be cached: its writes are not watched. "
            "Declare watch(Place) at start-up."
        )
