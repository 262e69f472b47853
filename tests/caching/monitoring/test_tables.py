"""What was counted, as a table on a terminal."""

import io
from typing import Any

import pytest
from rich.console import Console

from caching import cache_manager
from caching.monitoring.repeated_selects import Shape
from caching.monitoring.reports import report
from caching.monitoring.tables import as_table, table_of_shapes


def printed(stats: dict[str, Any], *types: str) -> list[str]:
    """Return the lines that a terminal of 140 columns shows."""
    out = io.StringIO()
    Console(file=out, width=140).print(as_table(report(stats, types)))
    return [line.strip() for line in out.getvalue().splitlines() if line.strip()]


@pytest.fixture
def stats() -> dict[str, Any]:
    for _ in range(2):
        cache_manager.get_or_load("general", "answer:1", lambda: 42)
    return cache_manager.get_stats()


class TableOfShapesTests:
    def test_has_a_row_per_shape_and_takes_no_text_as_markup(self) -> None:
        out = io.StringIO()
        shape = Shape(text='SELECT "a" FROM "t[bold]"', count=2000, seconds=3.0)
        Console(file=out, width=140).print(table_of_shapes([shape]))
        assert out.getvalue().splitlines()[-2].split() == [
            "SELECT",
            '"a"',
            "FROM",
            '"t[bold]"',
            "2,000",
            "3.00",
            "1.50",
            "ms",
        ]


class AsTableTests:
    def test_has_a_row_per_type_and_kind_and_the_totals(self, stats: dict[str, Any]) -> None:
        rows = {line.split()[0]: line.split()[1:] for line in printed(stats, "general", "shift")}
        assert rows["general"][:5] == ["2", "50.0%", "1", "0", "1"]
        assert rows["answer"][:5] == ["2", "50.0%", "1", "0", "1"]
        assert rows["shift"][:4] == ["0", "no", "reads", "yet"]
        assert rows["total"][:2] == ["2", "50.0%"]

    def test_shows_how_much_of_the_room_of_a_type_is_taken(self, stats: dict[str, Any]) -> None:
        (general,) = (line for line in printed(stats, "general") if line.startswith("general"))
        room = cache_manager.type_entries("general").max_size
        assert f" 1/{room:,} " in general

    @pytest.mark.parametrize(
        ("changed", "title"),
        [
            ({}, "Cache: this process alone, and those that have ended"),
            ({"processes": 3}, "Cache: 3 processes of this host, this one among them, and those that have ended"),
            ({"enabled": False}, "Cache: this process alone, and those that have ended; the cache is switched off"),
        ],
    )
    def test_says_whose_counts_these_are(self, changed: dict[str, Any], title: str, stats: dict[str, Any]) -> None:
        assert printed({**stats, **changed})[0] == title
