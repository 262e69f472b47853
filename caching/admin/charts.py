"""Charts as SVG without a script, and their figures as a table for whoever cannot see or compare colours.

The geometry is made here, because a template would write 1,5 for 1.5 in some languages.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from ..monitoring.history import PERIODS, Summary, start_of
from ..monitoring.stats import CAUSES, CacheStats
from . import words

WIDTH, HEIGHT = 600, 150
TARGET = 0.7
MAX_SERIES = 4
"""So many causes have a colour of their own; the others share one."""
Point = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Series:
    """A line or a colour of a chart, for its legend."""

    name: str
    css: str


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A chart, with everything in words that its picture shows."""

    name: str
    title: str
    top: str
    """What the height of the picture stands for."""
    summary: str
    """The picture in a sentence."""
    shapes: SafeString
    series: Sequence[Series]
    headings: Sequence[str]
    rows: SafeString
    first: str
    last: str

    @property
    def view_box(self) -> str:
        return f"0 0 {WIDTH} {HEIGHT}"


class Charts:
    """The charts of one period that ends at a moment."""

    def __init__(self, summary: Summary, period: str, now: datetime) -> None:
        self._seconds = summary.seconds
        # Up to the end of the stretch that is running.
        self._start = start_of(now, summary.seconds) - PERIODS[period]
        self._length = PERIODS[period] + timedelta(seconds=summary.seconds)
        self._stretches = summary.stretches
        pattern = "SHORT_DATETIME_FORMAT" if PERIODS[period] > timedelta(days=1) else "TIME_FORMAT"
        self._moments = {at: date_format(timezone.localtime(at), pattern) for at in summary.stretches}
        self._ends = tuple(date_format(timezone.localtime(at), pattern) for at in (now - PERIODS[period], now))

    def all(self) -> list[Chart]:
        return [self._hit_rate(), self._invalidations(), self._load_times()] if self._stretches else []

    def _x(self, at: datetime) -> float:
        return max(0.0, (at - self._start) / self._length) * WIDTH

    @property
    def _bar(self) -> float:
        return max(1.0, timedelta(seconds=self._seconds) / self._length * WIDTH - 1)

    def _hit_rate(self) -> Chart:
        most = max(counts.total_requests for counts in self._stretches.values())
        bars = [(self._x(at), 0.0, counts.total_requests / most) for at, counts in self._stretches.items() if most]
        rates = {at: counts.hit_rate for at, counts in self._stretches.items()}
        known = [rate for rate in rates.values() if rate is not None]
        return self._chart(
            name="hit-rate",
            title=_("Hit rate and reads"),
            top=_("Up to 100 %% for the line, and up to %(reads)s reads for the bars") % {"reads": words.number(most)},
            summary=_("The hit rate was between %(least)s and %(most)s.")
            % {"least": words.percent(min(known)), "most": words.percent(max(known))}
            if known
            else _("There were no reads."),
            shapes=[
                self._bars(bars, "cache-fill-quiet"),
                _line_at(TARGET, "cache-target"),
                *self._line(rates, 1.0, "cache-line-0"),
            ],
            series=[
                Series(name=_("hit rate"), css="cache-key-0"),
                Series(name=_("reads"), css="cache-key-quiet"),
                Series(name=_("target: 70 %"), css="cache-key-target"),
            ],
            headings=[_("from"), _("reads"), _("hit rate")],
            rows=[
                (self._moments[at], words.number(counts.total_requests), words.percent(counts.hit_rate))
                for at, counts in self._newest_first()
            ],
        )

    def _invalidations(self) -> Chart:
        total = {cause: sum(counts[f"invalidated_{cause}"] for counts in self._stretches.values()) for cause in CAUSES}
        causes = sorted((cause for cause in CAUSES if total[cause]), key=lambda cause: -total[cause])
        groups = [[cause] for cause in causes[:MAX_SERIES]] + ([causes[MAX_SERIES:]] if causes[MAX_SERIES:] else [])
        names = [str(words.CAUSES[group[0]]) if len(group) == 1 else _("others") for group in groups]
        sums = {
            at: [sum(counts[f"invalidated_{cause}"] for cause in group) for group in groups]
            for at, counts in self._stretches.items()
        }
        most = max(map(sum, sums.values()))
        shapes = []
        for position in range(len(groups)):
            stacked = [
                (self._x(at), sum(numbers[:position]) / most, numbers[position] / most)
                for at, numbers in sums.items()
                if numbers[position]
            ]
            shapes.append(self._bars(stacked, f"cache-fill-{position}"))
        by_cause = ", ".join(
            f"{name} {words.number(sum(total[cause] for cause in group))}"
            for name, group in zip(names, groups, strict=True)
        )
        return self._chart(
            name="invalidations",
            title=_("Invalidations by cause"),
            top=_("Up to %(number)s invalidations") % {"number": words.number(most)},
            summary=_("Invalidations by cause: %(causes)s.") % {"causes": by_cause}
            if causes
            else _("Nothing was invalidated."),
            shapes=shapes,
            series=[Series(name=name, css=f"cache-key-{position}") for position, name in enumerate(names)],
            headings=[_("from"), *names],
            rows=[(self._moments[at], *map(words.number, sums[at])) for at, _counts in self._newest_first()],
        )

    def _load_times(self) -> Chart:
        p50, p95 = (
            {at: counts.load_quantile(share) for at, counts in self._stretches.items()} for share in (0.5, 0.95)
        )
        most = max((seconds for seconds in p95.values() if seconds is not None), default=0.0)
        return self._chart(
            name="load-times",
            title=_("How long loads take"),
            top=_("Up to %(time)s") % {"time": words.duration(most or None)},
            summary=_("95 of 100 loads took at most %(time)s, in the slowest stretch.") % {"time": words.duration(most)}
            if most
            else _("Nothing was loaded."),
            shapes=[*self._line(p50, most, "cache-line-0"), *self._line(p95, most, "cache-line-1")],
            series=[
                Series(name=_("half of the loads (p50)"), css="cache-key-0"),
                Series(name=_("95 of 100 loads (p95)"), css="cache-key-1"),
            ],
            headings=[_("from"), "p50", "p95"],
            rows=[
                (self._moments[at], words.duration(p50[at]), words.duration(p95[at]))
                for at, _counts in self._newest_first()
            ],
        )

    def _newest_first(self) -> list[tuple[datetime, CacheStats]]:
        return list(self._stretches.items())[::-1]

    def _chart(
        self,
        *,
        name: str,
        title: str,
        top: str,
        summary: str,
        shapes: Iterable[SafeString],
        series: Sequence[Series],
        headings: Sequence[str],
        rows: Iterable[Sequence[str]],
    ) -> Chart:
        cells = (
            format_html("<tr>{}{}</tr>", format_html('<th scope="row">{}</th>', row[0]), _cells(row[1:]))
            for row in rows
        )
        return Chart(
            name=name,
            title=title,
            top=top,
            summary=summary,
            shapes=format_html_join("", "{}", ((shape,) for shape in shapes)),
            series=series,
            headings=headings,
            rows=format_html_join("", "{}", ((row,) for row in cells)),
            first=self._ends[0],
            last=self._ends[1],
        )

    def _bars(self, bars: Iterable[tuple[float, float, float]], css: str) -> SafeString:
        """Return one path of all bars, each given by its left edge, and its foot and its height from 0 to 1."""
        path = "".join(
            f"M{x:.1f} {_y(foot):.1f}v{-height * HEIGHT:.1f}h{self._bar:.1f}v{height * HEIGHT:.1f}z"
            for x, foot, height in bars
        )
        return format_html('<path class="{}" d="{}"/>', css, path)

    def _line(self, values: Mapping[datetime, float | None], top: float, css: str) -> Iterable[SafeString]:
        """Yield a line for each run of stretches that follow one another, and a dot for each that stands alone."""
        run: list[Point] = []
        last: datetime | None = None
        for at, value in values.items():
            if value is None or (last is not None and at - last > timedelta(seconds=self._seconds)):
                yield from _run(run, css)
                run = []
            if value is not None:
                run.append((self._x(at) + self._bar / 2, _y(value / top if top else 0.0)))
            last = at
        yield from _run(run, css)


def _cells(row: Iterable[str]) -> SafeString:
    return format_html_join("", "<td>{}</td>", ((cell,) for cell in row))


def _y(share: float) -> float:
    return HEIGHT - share * HEIGHT


def _line_at(share: float, css: str) -> SafeString:
    return format_html('<path class="{}" d="M0 {}H{}"/>', css, f"{_y(share):.1f}", str(WIDTH))


def _run(points: Sequence[Point], css: str) -> Iterable[SafeString]:
    if len(points) == 1:
        yield format_html(
            '<circle class="{} is-dot" cx="{}" cy="{}" r="3"/>', css, f"{points[0][0]:.1f}", f"{points[0][1]:.1f}"
        )
    elif points:
        yield format_html('<polyline class="{}" points="{}"/>', css, " ".join(f"{x:.1f},{y:.1f}" for x, y in points))
