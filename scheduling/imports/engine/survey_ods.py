"""The survey of an OpenDocument spreadsheet, whose cells and rows say how often they are repeated.

Each cell says what it shows beside its value. Where a number is shown with zeros or signs, that is noted, and so are
the durations that are no time of day.
"""

from __future__ import annotations

import datetime
import re

from scheduling.imports.engine.survey import Found, Survey, check_length, local

_HIDDEN = ("collapse", "filter")
_MAX_RANGES = 1000
_MAX_SAID = 40
# A number as it is, with separators between thousands, decimals or an exponent.
_PLAIN = re.compile(
    r"[-\u2212]?(?:0|[1-9]\d*|[1-9]\d{0,2}([.,'\u2019 \xa0\u202f])\d{3}(?:\1\d{3})*)?(?:[.,]\d+)?(?:E[+-]?\d+)?",
    re.ASCII,
)
_TIME_OF_DAY = re.compile(r"PT(?:[01]\d|2[0-3])H[0-5]\dM[0-5]\d(?:\.\d+)?S", re.ASCII)
_DURATION = re.compile(
    r"(-?)P(?:(\d{1,5})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6}(?:\.\d{1,9})?)\d*S)?)?", re.ASCII
)


class OdsSurvey:
    """Looks at the content of an OpenDocument spreadsheet, in which all sheets are in one part."""

    def __init__(self, survey: Survey) -> None:
        self.survey = survey
        self.found: dict[str, Found] = {}
        self._sheet = Found()
        self._row = self._column = self._columns = 0
        self._repeated_rows = self._repeated = 1
        self._length = 0
        self._is_hidden = self._is_filled = False
        self._in_cell = self._in_note = False
        self._types: list[str] = []
        self._time = self._said = ""
        survey.parse("content.xml", self._start, self._end, self._text)

    def sheet(self, name: str) -> Found:
        """Return what a sheet has."""
        return self.found.get(name) or Found()

    def has_cells(self, name: str) -> bool:
        """Whether a sheet has any cell with a value."""
        return self.sheet(name).cells > 0

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = local(name)
        if name == "annotation":
            self._in_note = True
        if not name.startswith("table") and name != "covered-table-cell":
            return
        given = {local(key): value for key, value in attributes.items()}
        if name == "table":
            self._sheet, self._row, self._columns = Found(), 0, 0
            self.found[given.get("name", "")] = self._sheet
        elif name == "table-column":
            self._start_of_column(given)
        elif name == "table-row":
            self._column, self._repeated_rows = 0, _times(given.get("number-rows-repeated", "1"))
            self._is_hidden, self._is_filled = given.get("visibility") in _HIDDEN, False
        elif name in ("table-cell", "covered-table-cell"):
            self._in_cell = True
            self._repeated = _times(given.get("number-columns-repeated", "1"))
            # LibreOffice writes the type of an error beside the standard's, as "calcext:value-type".
            self._types = [value for key, value in attributes.items() if local(key) == "value-type"]
            self._time = given.get("time-value", "")
            self._length, self._said = 0, ""

    def _start_of_column(self, given: dict[str, str]) -> None:
        first = self._columns
        self._columns += _times(given.get("number-columns-repeated", "1"))
        if given.get("visibility") in _HIDDEN and len(self._sheet.hidden_ranges) < _MAX_RANGES:
            self._sheet.hidden_ranges.append((first, self._columns - 1))

    def _text(self, data: str) -> None:
        if self._in_cell:
            self._length += len(data)
            check_length(self._length)
            if len(self._said) < _MAX_SAID and not self._in_note:
                self._said += data

    def _end(self, name: str) -> None:
        name = local(name)
        if name == "annotation":
            self._in_note = False
        elif name in ("table-cell", "covered-table-cell"):
            self._in_cell = False
            if self._types or self._length:
                self._note_cells()
            self._column += self._repeated
        elif name == "table-row":
            self._row += self._repeated_rows
            if self._is_hidden and self._is_filled:
                self._sheet.hidden_rows += self._repeated_rows
        elif name == "table":
            self.survey.check_area(self._sheet)

    def _note_cells(self) -> None:
        times = self._repeated * self._repeated_rows
        self.survey.count(times, times * self._length)
        self._is_filled = True
        self._sheet.cells += times
        self._sheet.rows = max(self._sheet.rows, self._row + self._repeated_rows)
        self._sheet.columns = max(self._sheet.columns, self._column + self._repeated)
        duration = _duration(self._time) if "time" in self._types else None
        for row in range(self._row, self._row + self._repeated_rows) if self._is_odd(duration) else ():
            for column in range(self._column, self._column + self._repeated):
                self._note_odd((row, column), duration)

    def _is_odd(self, duration: datetime.timedelta | None) -> bool:
        said = self._said.strip()
        is_shown = "float" in self._types and _PLAIN.fullmatch(said) is None
        return "error" in self._types or duration is not None or is_shown

    def _note_odd(self, place: tuple[int, int], duration: datetime.timedelta | None) -> None:
        if "error" in self._types:
            self._sheet.errors[place] = self._said
        elif duration is not None:
            self._sheet.durations[place] = duration
        else:
            self._sheet.shown[place] = self._said.strip()[:_MAX_SAID]


def _duration(said: str) -> datetime.timedelta | None:
    """Return a time such as PT24H00M00S. None for a time of day, which needs no survey."""
    match = _DURATION.fullmatch(said)
    if match is None or _TIME_OF_DAY.fullmatch(said):
        return None
    days, hours, minutes, seconds = (float(part or 0) for part in match.groups()[1:])
    duration = datetime.timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    return -duration if match[1] else duration


def _times(number: str) -> int:
    return max(1, int(number)) if number.isdecimal() and len(number) < 8 else 1
