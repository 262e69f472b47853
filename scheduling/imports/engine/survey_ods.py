"""The survey of an OpenDocument spreadsheet, whose cells and rows say how often they are repeated."""

from __future__ import annotations

from scheduling.imports.engine.survey import Found, Survey, check_length, local


class OdsSurvey:
    """Looks at the content of an OpenDocument spreadsheet, in which all sheets are in one part."""

    def __init__(self, survey: Survey) -> None:
        self.survey = survey
        self.found: dict[str, Found] = {}
        self._sheet = Found()
        self._row = self._column = 0
        self._repeated_rows = self._repeated = 1
        self._length = 0
        self._has_value = self._is_error = self._in_cell = False
        self._said = ""
        self._errors: list[tuple[int, int, str]] = []
        survey.parse("content.xml", self._start, self._end, self._text)

    def sheet(self, name: str) -> Found:
        """Return what a sheet has."""
        return self.found.get(name) or Found()

    def has_cells(self, name: str) -> bool:
        """Whether a sheet has any cell with a value."""
        return self.sheet(name).cells > 0

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = local(name)
        given = {local(key): value for key, value in attributes.items()} if name.startswith("table") else {}
        if name == "table":
            self._sheet, self._row = Found(), 0
            self.found[given.get("name", "")] = self._sheet
        elif name == "table-row":
            self._column, self._repeated_rows = 0, _times(given.get("number-rows-repeated", "1"))
        elif name in ("table-cell", "covered-table-cell"):
            self._in_cell = True
            self._repeated = _times(given.get("number-columns-repeated", "1"))
            # LibreOffice writes the type of an error beside the standard's, as "calcext:value-type".
            self._is_error = "error" in [value for key, value in attributes.items() if local(key) == "value-type"]
            self._has_value = "value-type" in given
            self._length, self._said = 0, ""

    def _text(self, data: str) -> None:
        if self._in_cell:
            self._length += len(data)
            check_length(self._length)
            if len(self._said) < 40:
                self._said += data

    def _end(self, name: str) -> None:
        name = local(name)
        if name in ("table-cell", "covered-table-cell"):
            self._in_cell = False
            if self._has_value or self._length:
                self._note_cells()
            self._column += self._repeated
        elif name == "table-row":
            self._row += self._repeated_rows
        elif name == "table":
            self.survey.check_area(self._sheet)

    def _note_cells(self) -> None:
        times = self._repeated * self._repeated_rows
        self.survey.count(times, times * self._length)
        self._sheet.cells += times
        self._sheet.rows = max(self._sheet.rows, self._row + self._repeated_rows)
        self._sheet.columns = max(self._sheet.columns, self._column + self._repeated)
        if self._is_error:
            for row in range(self._row, self._row + self._repeated_rows):
                for column in range(self._column, self._column + self._repeated):
                    self._sheet.errors[row, column] = self._said


def _times(number: str) -> int:
    return max(1, int(number)) if number.isdecimal() and len(number) < 8 else 1
