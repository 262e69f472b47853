from typing import Any

import pytest

from scheduling.imports.past_runs import has_left_out_rows, left_out_rows, mended_for, problems_for
from scheduling.models import ImportRun
from tests.factories import ImportRunFactory
from tests.scheduling.admin.shared.test_guarded_fields import MAY_CHANGE_PEOPLE, staff

pytestmark = pytest.mark.django_db
FILE = b"email;Wage\namy@example.com;x\n\nbob@example.com;y\ncy@example.com;3\n"
RUN: Any = {
    "file": FILE,
    "refused": 2,
    "problems": [[2, "Wage", "x", "One."], [2, "Wage", "x", "Two."], [4, "Wage", "y", "One."]],
    "options": {"mended": {"2": {"Wage": "z"}}, "read_as": {"email": "email", "Wage": "hourly_rate"}},
}


def run(**values: Any) -> ImportRun:
    found: ImportRun = ImportRunFactory(**{**RUN, **values})
    return found


class LeftOutRowsTests:
    def test_are_those_of_the_file_with_all_their_reasons(self) -> None:
        table = left_out_rows(run())

        assert table.headers == ["email", "Wage", "Error"]
        assert list(table) == [("amy@example.com", "z", "One.; Two."), ("bob@example.com", "y", "One.")]

    def test_a_refused_file_has_left_out_none_alone(self) -> None:
        assert has_left_out_rows(run())
        for outcome in ("partly_undone", "undone"):
            assert has_left_out_rows(run(outcome=outcome))
        for outcome in ("refused", "running", "interrupted", "cancelled", "undo"):
            assert not has_left_out_rows(run(outcome=outcome))
        assert not has_left_out_rows(run(refused=0))


class HiddenTests:
    def test_what_is_hidden_is_neither_in_the_errors_nor_in_what_was_mended(self) -> None:
        may = staff(*MAY_CHANGE_PEOPLE, "view_hourly_rate", name="may")
        may_not = staff(*MAY_CHANGE_PEOPLE, name="may not")

        assert [cell.after for cell in mended_for(may, run())] == ["z"]
        assert [cell.after for cell in mended_for(may_not, run())] == []
        assert [problem.value for problem in problems_for(may, run())] == ["x", "x", "y"]
        assert {problem.value for problem in problems_for(may_not, run())} == {""}

    def test_so_is_what_is_below_a_header_of_which_nobody_knows_what_it_was(self) -> None:
        may = staff(*MAY_CHANGE_PEOPLE, "view_hourly_rate", "view_phone", name="may")
        may_not = staff(*MAY_CHANGE_PEOPLE, name="may not")
        about_all = [9, "", "", "All of it."]
        unread = run(options={"mended": {"2": {"Wage": "z"}}}, problems=[*RUN["problems"], about_all])

        assert [cell.after for cell in mended_for(may, unread)] == ["z"]
        assert [cell.after for cell in mended_for(may_not, unread)] == []
        assert [problem.value for problem in problems_for(may, unread)] == ["x", "x", "y", ""]
        assert {problem.value for problem in problems_for(may_not, unread)} == {""}
        assert [problem.reason for problem in problems_for(may_not, unread)][-1] == "All of it."


def test_while_it_is_running_the_file_is_not_read_for_what_was_mended() -> None:
    may = staff(*MAY_CHANGE_PEOPLE, "view_hourly_rate", "view_phone", name="may")

    assert list(mended_for(may, run(outcome="running"))) == []
