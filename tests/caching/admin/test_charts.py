"""Charts as SVG."""

import re
from typing import Any
from xml.etree import ElementTree

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from caching.admin.charts import HEIGHT, MAX_SERIES, WIDTH, Chart, Charts
from tests.caching.admin.conftest import NOW, summary


def charts(*stretches: dict[str, int], period: str = "15m", **options: Any) -> dict[str, Chart]:
    return {chart.name: chart for chart in Charts(summary(*stretches, **options), period, NOW).all()}


def shapes(chart: Chart) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(f"<svg>{chart.shapes}</svg>"))  # noqa: S314 (our own)


def numbers(chart: Chart) -> list[float]:
    texts = [value for shape in shapes(chart) for name, value in shape.attrib.items() if name != "class"]
    return [float(number) for text in texts for number in re.findall(r"-?\d+(?:\.\d+)?", text)]


class ChartsTests:
    def test_there_are_none_of_nothing(self) -> None:
        assert charts() == {}

    def test_the_hit_rate_is_a_line_and_the_reads_are_bars(self) -> None:
        chart = charts({"hits_local": 1, "misses": 1}, {"hits_local": 3, "misses": 1})["hit-rate"]
        bars, target, line = shapes(chart)
        assert bars.attrib["d"].count("M") == 2
        assert f"v-{HEIGHT / 2:.1f}" in bars.attrib["d"]
        assert target.attrib["d"] == f"M0 {HEIGHT * 0.3:.1f}H{WIDTH}"
        assert [point.split(",")[1] for point in line.attrib["points"].split()] == ["75.0", "37.5"]
        assert chart.summary == "The hit rate was between 50.0 % and 75.0 %."
        assert chart.top.endswith("and up to 4 reads for the bars")

    def test_a_stretch_without_reads_is_a_gap_and_not_zero(self) -> None:
        chart = charts({"hits_local": 1}, {"hits_local": 1}, {"sets": 1}, {"hits_local": 1})["hit-rate"]
        lines = [shape for shape in shapes(chart) if "cache-line-0" in shape.attrib["class"]]
        assert [line.tag for line in lines] == ["polyline", "circle"]
        assert "<td>0</td><td>no reads yet</td>" in chart.rows
        assert charts({"sets": 1})["hit-rate"].summary == "There were no reads."

    def test_a_stretch_without_a_row_is_a_gap_too(self) -> None:
        found = summary({"hits_local": 1}, {"hits_local": 1}, {"hits_local": 1})
        moments = list(found.stretches)
        del found.stretches[moments[1]]  # type: ignore[attr-defined]
        (chart, *_others) = Charts(found, "15m", NOW).all()
        assert [shape.tag for shape in shapes(chart)] == ["path", "path", "circle", "circle"]

    def test_the_rarest_causes_share_a_colour(self) -> None:
        counts = {"save": 9, "bulk": 8, "import": 7, "clear": 6, "call": 2, "m2m": 1}
        chart = charts({f"invalidated_{cause}": number for cause, number in counts.items()})["invalidations"]
        assert [series.name for series in chart.series] == ["saved", "bulk write", "import", "cleared", "others"]
        assert len(shapes(chart)) == MAX_SERIES + 1
        assert chart.summary == ("Invalidations by cause: saved 9, bulk write 8, import 7, cleared 6, others 3.")
        assert charts({"misses": 1})["invalidations"].summary == "Nothing was invalidated."

    def test_load_times_are_two_lines(self) -> None:
        chart = charts({"loads_within_64us": 20}, {"loads_within_128us": 20})["load-times"]
        assert [shape.tag for shape in shapes(chart)] == ["polyline", "polyline"]
        assert "<td>96 µs</td><td>125 µs</td>" in chart.rows
        assert charts({"misses": 1})["load-times"].summary == "Nothing was loaded."

    def test_the_table_has_a_row_per_stretch_the_newest_first(self) -> None:
        for chart in charts({"hits_local": 1}, {"hits_local": 2}).values():
            assert re.findall(r'<th scope="row">(\d\d:\d\d)', chart.rows) == ["12:00", "11:59"]
            assert chart.rows.split("</tr>")[0].count("<td>") == len(chart.headings) - 1

    @given(
        st.lists(
            st.fixed_dictionaries(
                {
                    name: st.integers(0, 10**9)
                    for name in ("hits_local", "misses", "invalidated_save", "invalidated_m2m", "loads_within_64us")
                }
            ),
            min_size=1,
            max_size=16,
        ),
        st.sampled_from(["en", "de"]),
    )
    def test_whatever_is_counted_stays_in_the_picture(self, stretches: list[dict[str, int]], language: str) -> None:
        with translation.override(language):
            found = charts(*stretches)
        for chart in found.values():
            for number in numbers(chart):
                assert -HEIGHT <= number <= WIDTH
            assert "nan" not in chart.shapes

    @pytest.mark.parametrize(("period", "seconds"), [("15m", 60), ("7d", 21600), ("30d", 86400)])
    def test_the_last_stretch_ends_at_the_right_edge(self, period: str, seconds: int) -> None:
        (chart, *_others) = charts({"hits_local": 1}, period=period, seconds=seconds).values()
        (left,) = re.findall(r"M(\S+) ", shapes(chart)[0].attrib["d"])
        assert WIDTH * 0.9 < float(left) < WIDTH
