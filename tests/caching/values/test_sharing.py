"""Equal values in many rows are one object, and what can be told apart stays apart."""

import datetime
from decimal import Decimal
from typing import Any

import pytest

from caching.values import sharing
from caching.values.freezing import freeze
from caching.values.sharing import MAX_LENGTH, MAX_VALUES, own_values, share, shared_bytes
from scheduling.models import Employee, Skill
from tests.factories import EmployeeFactory


@pytest.fixture(autouse=True)
def _none_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("caching.values.sharing._columns", {})
    monkeypatch.setattr("caching.values.sharing._rows", {})


class ShareTests:
    @pytest.mark.parametrize(
        ("first", "second"),
        [
            ("".join(["Co", "ok"]), "".join(["Co", "ok"])),
            (Decimal("12.50"), Decimal("12.50")),
            (datetime.date(2026, 11, 30), datetime.date(2026, 11, 30)),
            (datetime.time(22, 30), datetime.time(22, 30)),
            (int("1000"), int("1000")),
        ],
    )
    def test_gives_rows_with_equal_values_the_same_object(self, first: Any, second: Any) -> None:
        assert first is not second
        share(Skill, {"name": first})
        assert share(Skill, {"name": second})["name"] is first

    def test_leaves_long_texts_to_their_rows(self) -> None:
        texts = ["x" * (MAX_LENGTH + 1), "".join(["x"] * (MAX_LENGTH + 1))]
        for text in texts * 2:
            assert share(Skill, {"name": text})["name"] is text
        assert own_values(Skill, {"name": texts[0]}) == [texts[0]]

    @pytest.mark.parametrize(
        ("first", "second"),
        [
            (1, True),
            (1, 1.0),
            (0.0, -0.0),
            (Decimal("1.0"), Decimal("1.00")),
            ("1.0", Decimal("1.0")),
            (datetime.date(2026, 11, 30), datetime.datetime(2026, 11, 30)),
            (datetime.time(2, 30), datetime.time(2, 30, fold=1)),
            (datetime.time(2, 30, tzinfo=datetime.UTC), datetime.time(2, 30, tzinfo=datetime.UTC)),
        ],
    )
    def test_leaves_apart_what_can_be_told_apart(self, first: Any, second: Any) -> None:
        share(Skill, {"name": first})
        assert share(Skill, {"name": second})["name"] is second

    def test_leaves_apart_the_columns_and_the_models(self) -> None:
        first, second = "".join(["Co", "ok"]), "".join(["Co", "ok"])
        share(Skill, {"name": first})
        assert share(Skill, {"description": second})["description"] is second
        assert share(Employee, {"name": second})["name"] is second

    def test_keeps_nothing_of_a_column_with_many_values(self) -> None:
        texts = [f"number {number}" for number in range(MAX_VALUES + 1)]
        for text in texts:
            share(Skill, {"name": text})
        again = "".join(["number ", "0"])
        assert share(Skill, {"name": again})["name"] is again
        assert own_values(Skill, {"name": again, "description": "x"}) == [again, "x"]

    @pytest.mark.django_db
    def test_is_done_with_rows_that_are_frozen(self) -> None:
        EmployeeFactory.create_batch(2, hourly_rate=Decimal("17.25"))
        first, second = (freeze(row).value for row in Employee.objects.all())
        assert first.fields["hourly_rate"] is second.fields["hourly_rate"]
        assert first.fields["email"] is not second.fields["email"]
        assert first.fields["email"] in own_values(Employee, first.fields)
        assert first.fields["hourly_rate"] not in own_values(Employee, first.fields)


class Interrupted(dict[Any, Any]):
    """The values of a column. While somebody asks how many, another thread gives up the next column."""

    def __len__(self) -> int:
        sharing._columns[Skill].pop("description", None)
        return super().__len__()


class BytesTests:
    def test_are_estimated_while_another_thread_gives_up_a_column(self) -> None:
        for text in ("a", "a", "b", "b"):
            share(Skill, {"name": text, "description": text})
        sharing._columns[Skill]["name"] = Interrupted(sharing._columns[Skill]["name"])
        assert shared_bytes(Skill) > 0
        assert "description" not in sharing._columns[Skill]
