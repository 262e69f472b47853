import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Model

from scheduling.imports.engine.changes import Changes, from_plain, pack, tracked_fields, unpack, values_of
from scheduling.models import Employee, Rule, ScheduleAssignment, Shift

CHANGES = Changes(
    created={1: {"name": "Early", "active": True}, 2: {"name": "Late", "active": True}},
    before={3: {"name": "Nght"}},
    after={3: {"name": "Night", "active": False}},
    related={"skills": {3: ([1], [1, 2]), 1: ([], [2])}},
    besides={"scheduling.Skill": {7: {"name": "Bar"}, 8: {"name": "Grill"}}},
)


class PackTests:
    def test_is_undone_by_unpack(self) -> None:
        assert unpack(pack(CHANGES)) == CHANGES

    def test_of_nothing_is_nothing(self) -> None:
        assert not unpack(b"")
        assert not unpack(pack(Changes()))
        assert CHANGES

    def test_a_value_that_all_rows_have_is_kept_once(self) -> None:
        rows = {number: {"status": "assigned", "notes": "x" * 100} for number in range(1000)}
        assert len(pack(Changes(created=rows))) < 5000


class OnlyTests:
    def test_has_what_is_about_these_rows(self) -> None:
        assert CHANGES.only([2], {"scheduling.Skill": [8]}) == Changes(
            created={2: {"name": "Late", "active": True}},
            related={"skills": {}},
            besides={"scheduling.Skill": {8: {"name": "Grill"}}},
        )


class ValuesOfTests:
    @pytest.mark.parametrize(
        ("model", "name", "values", "kept"),
        [
            (Employee, "max_hours_per_week", [40, Decimal("40.0"), Decimal("38.5")], ["40.00", "40.00", "38.50"]),
            (Employee, "hourly_rate", [None], [None]),
            (Employee, "email", ["Amy@Example.com", ""], ["amy@example.com", None]),
            (Employee, "hire_date", [datetime.date(2026, 12, 2)], ["2026-12-02"]),
            (Shift, "start_time", [datetime.time(6)], ["06:00:00"]),
            (Shift, "active", [True, False], [True, False]),
            (Rule, "parameters", [{"max_days": 6}], [{"max_days": 6}]),
        ],
    )
    def test_values_that_are_stored_alike_are_kept_alike(
        self, model: type[Model], name: str, values: list[Any], kept: list[Any]
    ) -> None:
        field: Any = model._meta.get_field(name)
        assert values_of([{name: value} for value in values], [field]) == {name: kept}
        back = [from_plain(value, field) for value in kept]
        assert values_of([{name: value} for value in back], [field]) == {name: kept}

    def test_the_moments_of_saving_say_nothing(self) -> None:
        names = {field.name for field in tracked_fields(ScheduleAssignment)}
        assert {"status", "superseded", "source"} <= names
        assert not names & {"id", "created_at", "updated_at"}
