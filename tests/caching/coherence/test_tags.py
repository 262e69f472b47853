"""The tags of a model: what a written row publishes, and what a selection of rows depends on."""

from collections.abc import Callable

import pytest
from django.db.models import F, Value
from django.db.models.expressions import DatabaseDefault

from caching import NotWatched, rows_where
from caching.coherence.spelling import canonical
from caching.coherence.tags import (
    MAX_ROWS,
    DirtyTags,
    row_tags_of,
    tags_of_key,
    tags_of_model,
    tags_of_row,
    tags_of_unknown_rows,
    value_tags,
)
from scheduling.models import Employee, Shift
from tests.caching.coherence.models import Club, ClubWithTwoParents, Moment, Place, Society

ALL, ANY = "scheduling.Employee/*", "scheduling.Employee/+"


def loaded(**values: object) -> Employee:
    """Return an employee as a query that selects these columns makes it."""
    return Employee.from_db("default", list(values), list(values.values()))


class RowsWhereTests:
    def test_of_a_field_is_the_tag_of_its_value(self) -> None:
        selection = rows_where(Employee, email=" Amy@Example.com")
        assert (selection.model, selection.tag) == (Employee, "scheduling.Employee.email=amy@example.com")

    def test_of_the_primary_key_is_the_tag_of_the_row(self) -> None:
        assert rows_where(Employee, pk="5").tag == rows_where(Employee, id=5).tag == "scheduling.Employee#5"

    def test_of_none_is_a_tag_of_its_own(self) -> None:
        assert rows_where(Employee, user=None).tag == "scheduling.Employee.user_id is null"

    def test_takes_a_label(self) -> None:
        assert rows_where("scheduling.Shift", name="Night") == rows_where(Shift, name="Night")


class RowTagsOfTests:
    def test_is_one_tag_for_any_spelling_of_the_key(self) -> None:
        assert row_tags_of(Employee, 5) == row_tags_of(Employee, "5") == ["scheduling.Employee#5"]

    def test_of_a_child_names_its_parents_too(self, watching: Callable[..., None]) -> None:
        watching(Club)
        assert row_tags_of(Club, 5) == [f"{Club._meta.label}#5", f"{Place._meta.label}#5"]

    def test_of_a_key_with_many_spellings_is_one_for_all_rows(self, watching: Callable[..., None]) -> None:
        watching(Moment)
        assert row_tags_of(Moment, "2026-03-01") == row_tags_of(Moment, "2026-03-02")


class TagsOfRowTests:
    def test_are_the_row_its_watched_values_and_any_row(self) -> None:
        row = loaded(id=5, email="Amy@example.com", department_id=7, user_id=None)
        assert tags_of_row(row) == {
            ANY,
            "scheduling.Employee#5",
            "scheduling.Employee.email=amy@example.com",
            "scheduling.Employee.department_id=7",
            "scheduling.Employee.user_id is null",
        }

    def test_of_a_parent_are_those_of_its_watched_children_too(self, watching: Callable[..., None]) -> None:
        watching(Club, by=("name",))
        watching(ClubWithTwoParents)
        club, two, society = (model._meta.label for model in (Club, ClubWithTwoParents, Society))
        assert tags_of_row(Place(pk=5, name="Pub")) >= {f"{club}#5", f"{club}/+", f"{club}.name=pub", f"{two}#5"}
        assert f"{club}/*" not in tags_of_row(Place(pk=5, name="Pub"))
        # The rows of a second parent do not tell which child is meant.
        assert tags_of_row(Society(pk=5)) >= {f"{society}#5", f"{two}/*", f"{two}/+"}

    def test_leave_out_what_was_not_loaded(self) -> None:
        assert tags_of_row(loaded(id=5)) == {ANY, "scheduling.Employee#5"}

    def test_are_all_rows_for_a_value_that_only_the_database_knows(self) -> None:
        row = loaded(id=5)
        row.__dict__["department_id"] = F("user_id")
        assert tags_of_row(row) == {ANY, ALL, "scheduling.Employee#5"}

    def test_whose_key_only_the_database_knows_are_those_of_all_rows(self) -> None:
        for key in (DatabaseDefault(Value(1)), "no number"):
            assert {ALL, ANY} <= tags_of_row(Employee(pk=key))
            assert tags_of_key(Employee, key) == {ALL, ANY}
        assert tags_of_key(Employee, "7") == {"scheduling.Employee#7"}


class TagsOfModelTests:
    def test_are_all_rows_and_any_row(self) -> None:
        assert tags_of_model(Employee) == {ALL, ANY} == set(tags_of_unknown_rows("scheduling.Employee"))

    def test_of_a_parent_are_those_of_its_watched_children_too(self, watching: Callable[..., None]) -> None:
        watching(Club)
        assert tags_of_model(Place) >= {f"{model._meta.label}/{end}" for model in (Place, Club) for end in "*+"}
        assert f"{Place._meta.label}/*" in tags_of_model(Club)

    def test_of_a_model_that_nobody_watches_are_refused(self) -> None:
        with pytest.raises(NotWatched, match=r"Declare watch\(Place\) at start-up"):
            tags_of_model(Place)


class ValueTagsTests:
    def test_are_one_for_each_value(self) -> None:
        spell = canonical(Employee._meta.get_field("department"))
        assert value_tags("m.A", "b_id", spell, [1, "2", None]) == {"m.A.b_id=1", "m.A.b_id=2", "m.A.b_id is null"}

    def test_are_none_if_a_value_cannot_be_told(self) -> None:
        assert value_tags("m.A", "b_id", canonical(Employee._meta.get_field("department")), [1, "x"]) is None


class CollapseTests:
    def test_leaves_a_few_rows_as_they_are(self) -> None:
        tags = {f"scheduling.Employee#{pk}" for pk in range(MAX_ROWS)}
        assert DirtyTags(tags) == tags

    def test_replaces_many_rows_of_a_model_by_all_of_them(self) -> None:
        employees = {f"scheduling.Employee#{pk}" for pk in range(MAX_ROWS + 1)}
        assert DirtyTags(employees | {"scheduling.Shift#5", "general"}) == {ALL, ANY, "scheduling.Shift#5", "general"}

    def test_does_not_take_a_model_for_another_whose_name_is_longer(self) -> None:
        assignments = {f"scheduling.ScheduleAssignment#{pk}" for pk in range(MAX_ROWS + 1)}
        found = DirtyTags(assignments | {"scheduling.Schedule#5"})
        assert "scheduling.Schedule#5" in found
        assert "scheduling.ScheduleAssignment/*" in found
