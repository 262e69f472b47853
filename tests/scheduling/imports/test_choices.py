import pytest

from scheduling.imports import choices
from scheduling.imports.engine.files import ReadOptions
from scheduling.models import ImportRun
from tests.factories import ImportRunFactory


@pytest.mark.django_db
class ChoicesTests:
    def test_are_kept_with_the_run_without_what_is_empty(self) -> None:
        run = ImportRunFactory(outcome="previewed")

        choices.keep(run, {"sheet": "Plan", "encoding": "", "mended": {"2": {"colour": "red"}}, "other": "x"})
        run.refresh_from_db()

        assert choices.choices_of(run) == {"sheet": "Plan", "mended": {"2": {"colour": "red"}}}

    def test_the_mark_differs_with_the_choices_and_not_with_their_order(self) -> None:
        one, other = {"sheet": "a", "encoding": "b"}, {"encoding": "b", "sheet": "a"}

        assert choices.mark_of(one) == choices.mark_of(other)
        assert len({choices.mark_of(each) for each in (one, {"sheet": "a"}, {})}) == 3

    def test_are_what_a_resource_is_made_with(self) -> None:
        chosen = {"date_order": "dmy", "sheet": "a", "columns": {"x": "email"}, "new": {"department_code": ["Bistro"]}}
        kwargs = choices.resource_kwargs(chosen)

        assert kwargs["values"].wants_new("department_code", "bistro")
        assert not kwargs["values"].may_add(ImportRun)
        assert kwargs["date_order"] == "dmy"
        assert kwargs["read_options"] == ReadOptions(sheet="a")
        assert (kwargs["chosen"], kwargs["mended"]) == ({"x": "email"}, None)
