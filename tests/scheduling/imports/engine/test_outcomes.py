import datetime

from scheduling.imports.engine.changes import tracked_fields
from scheduling.imports.engine.outcomes import Outcomes, Repeated, Written
from scheduling.models import ScheduleAssignment, Skill


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
    fields = tracked_fields(Skill)

    def add(self, written: Written, *descriptions: str) -> None:
        columns = {"name": ["Knives"] * len(descriptions), "description": [*descriptions]}
        written.add([*range(len(descriptions))], columns, self.fields)

    def test_keeps_a_value_that_all_rows_have_once(self) -> None:
        written = Written()
        self.add(written, "a", "a")
        self.add(written, "a")
        assert isinstance(written.columns["description"], Repeated)

        self.add(written, "a", "b")

        assert written.columns["description"] == ["a", "a", "a", "a", "b"]
        assert isinstance(written.columns["name"], Repeated)
        assert list(written.columns["name"]) == ["Knives"] * 5
        assert written.pks == [0, 1, 0, 0, 1]

    def test_keeps_values_as_an_undo_compares_them(self) -> None:
        written, day = Written(), datetime.date(2026, 12, 1)
        date = ScheduleAssignment._meta.get_field("date")
        written.add([1, 2], {"date": [day, day + datetime.timedelta(1)]}, [date])
        assert written.columns["date"] == ["2026-12-01", "2026-12-02"]

    def test_of_no_rows_has_every_column(self) -> None:
        written = Written()
        self.add(written)
        pks, columns = written.table(self.fields)
        assert (pks, {len(values) for values in columns.values()}) == ([], {0})


class RepeatedTests:
    def test_is_a_sequence(self) -> None:
        values = Repeated("a", 3)
        assert (list(values), values[0], values[-1], values[1:], len(values)) == (["a"] * 3, "a", "a", ["a"] * 2, 3)
        assert (values.count("a"), values.count("b")) == (3, 0)
        assert values == ["a", "a", "a"]
        assert values != ["a"]
