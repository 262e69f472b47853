import datetime

from scheduling.imports.engine.changes import tracked_fields
from scheduling.imports.engine.outcomes import Outcomes, Repeated, Written
from scheduling.models import ScheduleAssignment


class OutcomesTests:
    def test_rows_are_unchanged_until_they_are_written(self) -> None:
        outcomes = Outcomes(3)
        outcomes.note(1, "new", 7)
        outcomes.note(2, "update", 8)

        assert [(row.import_type, row.object_id) for row in outcomes] == [("skip", None), ("new", 7), ("update", 8)]
        assert outcomes.totals() == {"skip": 1, "new": 1, "update": 1}
        assert list(outcomes.written()) == [1, 2]

    def test_what_is_set_on_a_row_stays(self) -> None:
        outcomes = Outcomes(2)
        outcomes[0].diff = ["a"]
        outcomes.note(0, "new", 7)

        assert [row.diff for row in outcomes] == [["a"], None]
        assert (outcomes[0].import_type, outcomes[0].object_id) == ("new", 7)
        assert outcomes[-2] is outcomes[0]
        assert [row.diff for row in outcomes[:1]] == [["a"]]


class WrittenTests:
    def rows(self, *notes: str) -> list[ScheduleAssignment]:
        day = datetime.date(2026, 12, 1)
        return [ScheduleAssignment(pk=number, date=day, notes=text) for number, text in enumerate(notes)]

    def test_keeps_a_value_that_all_rows_have_once(self) -> None:
        written, fields = Written(), tracked_fields(ScheduleAssignment)
        written.add(self.rows("a", "a"), fields)
        written.add(self.rows("a"), fields)
        assert isinstance(written.columns["notes"], Repeated)

        written.add(self.rows("a", "b"), fields)

        assert written.columns["notes"] == ["a", "a", "a", "a", "b"]
        assert isinstance(written.columns["date"], Repeated)
        assert list(written.columns["date"]) == ["2026-12-01"] * 5
        assert written.pks == [0, 1, 0, 0, 1]

    def test_of_no_rows_has_every_column(self) -> None:
        written, fields = Written(), tracked_fields(ScheduleAssignment)
        written.add([], fields)
        pks, columns = written.table(fields)
        assert (pks, {len(values) for values in columns.values()}) == ([], {0})


class RepeatedTests:
    def test_is_a_sequence(self) -> None:
        values = Repeated("a", 3)
        assert (list(values), values[0], values[-1], values[1:], len(values)) == (["a"] * 3, "a", "a", ["a"] * 2, 3)
        assert (values.count("a"), values.count("b")) == (3, 0)
        assert values == ["a", "a", "a"]
        assert values != ["a"]
