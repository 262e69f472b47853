"""Cells that are mended by hand in the preview: which ones are wrong, what was written, and how it gets into the table.

A mended cell is known by the number of its row and the header of its column, as the file has them. The file itself
stays as it was uploaded.
"""

from __future__ import annotations

import datetime
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import tablib
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scheduling.imports.engine.headers import MAX_HEADER_LENGTH
from scheduling.imports.engine.problems import FileError, Problem, shown
from scheduling.imports.engine.texts import is_blank, written

if TYPE_CHECKING:
    from scheduling.imports.engine.run import FileRun
    from scheduling.imports.engine.sheet import Sheet

# A form has at most 1,000 fields (DATA_UPLOAD_MAX_NUMBER_FIELDS). Each cell takes up to two of them.
MAX_CELLS_SHOWN = 200
MAX_ROWS_SHOWN = 100
MAX_LENGTH = 500
"""Longer cells are mended in the file: a field for them would not show what is wrong."""
MAX_MENDED_CELLS = 100_000
MAX_MENDED = 4_000_000
"""Characters of all mended cells of a file, with the headers and row numbers by which they are kept."""
_MAX_ABOUT = 6
_FIELD = re.compile(r"cell-(\d{1,7})-(\d{1,3})")

Mended = Mapping[str, Mapping[str, str]]
"""The text of each mended cell, by the number of the row and the header."""


@dataclass(frozen=True, kw_only=True)
class MendedCell:
    """A cell that was mended by hand: what the file has, and what was written instead."""

    row: int
    header: str
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class WrongCell:
    """A cell with which something is wrong, as a form shows it."""

    name: str
    """Of its field in the form: "12-3" for row 12 and the fourth column."""
    header: str
    text: str
    reasons: list[str]
    equal: int
    """How many rows have this value in this column, all of them wrong. 1 where only this row is meant, and after the
    first of them."""
    can_be_mended: bool


@dataclass(frozen=True, kw_only=True)
class WrongRow:
    """A row that is refused: its wrong cells, what is wrong with it as a whole, and some other cells to know it by."""

    number: int
    cells: list[WrongCell] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    about: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class WrongRows:
    """The rows that a page shows for mending, and the problems of those for which it has no room."""

    rows: list[WrongRow] = field(default_factory=list)
    rest: list[Problem] = field(default_factory=list)


def mend(table: tablib.Dataset, mended: Mended) -> list[str]:
    """Put the mended cells into a table that was read from a file. Returns what there is to say about it."""
    places = places_of(table)
    positions = {str(number): position for position, number in enumerate(_numbers(table))}
    done = lost = 0
    for number, cells in mended.items():
        position = positions.get(number)
        row = list(table[position]) if position is not None else []
        for header, text in cells.items():
            if row and header in places:
                row[places[header]] = text
                done += 1
            else:
                lost += 1
        if position is not None:
            table[position] = row
    return list(_said(done, lost))


def _said(done: int, lost: int) -> Iterable[str]:
    if done:
        yield ngettext("%(count)d cell was mended by hand.", "%(count)d cells were mended by hand.", done) % {
            "count": done
        }
    if lost:
        text = ngettext(
            "%(count)d cell that was mended by hand is not in the file as it is read now.",
            "%(count)d cells that were mended by hand are not in the file as it is read now.",
            lost,
        )
        yield text % {"count": lost}


def changed_cells(table: tablib.Dataset, mended: Mended) -> list[MendedCell]:
    """Return the mended cells in the order of the file. `table` is the file as it was uploaded."""
    places = places_of(table)
    rows = dict(zip(_numbers(table), table, strict=False))
    found = []
    for number, cells in sorted(mended.items(), key=lambda row: int(row[0])):
        row = rows.get(int(number))
        for header, after in cells.items():
            before = shown(row[places[header]]) if row is not None and header in places else ""
            found.append(MendedCell(row=int(number), header=header, before=before, after=after))
    return found


def wrong_rows(run: FileRun) -> WrongRows:
    """Return the refused rows of a run as a form shows them.

    If there are more wrong cells than the form can have, each different one comes before those that repeat it.
    """
    sheet = run.sheet
    in_file = [name for name in sheet.columns if name not in sheet.filled_in]
    places = {sheet.headers.spelled[name]: sheet.headers.columns[name] for name in in_file}
    problems = list(dict.fromkeys(sheet.all_problems()))
    position_of = sheet.refused_rows
    equal = _equal_cells(sheet, position_of, problems, places)
    chosen = _rows_to_show(problems, equal)
    rows: dict[int, WrongRow] = {}
    cells: dict[tuple[int, int], WrongCell] = {}
    rest = []
    offered: set[tuple[int, str]] = set()
    for problem in problems:
        if problem.row not in chosen:
            rest.append(problem)
            continue
        cells_of_row = sheet.row(position_of[problem.row])
        row = rows.setdefault(problem.row, WrongRow(number=problem.row))
        place = places.get(problem.column)
        if place is None:
            row.reasons.append(f"{problem.column}: {problem.reason}" if problem.column else problem.reason)
        elif (problem.row, place) in cells:
            cells[problem.row, place].reasons.append(problem.reason)
        else:
            text = text_of(cells_of_row[place])
            group, count = equal[problem.row, place]
            if group in offered:
                count = 1
            offered.add(group)
            cells[problem.row, place] = WrongCell(
                name=f"{problem.row}-{place}",
                header=problem.column,
                text=text if len(text) <= MAX_LENGTH else shown(text),
                reasons=[problem.reason],
                equal=count,
                can_be_mended=len(text) <= MAX_LENGTH,
            )
            row.cells.append(cells[problem.row, place])
    for number, row in rows.items():
        wrong = {cell.header for cell in row.cells}
        cells_of_row = sheet.row(position_of[number])
        others = [(header, cells_of_row[place]) for header, place in places.items()]
        said = [(header, shown(cell, 40)) for header, cell in others if header not in wrong and not is_blank(cell)]
        row.about.extend(said[:_MAX_ABOUT])
    return WrongRows(rows=list(rows.values()), rest=rest)


def _equal_cells(
    sheet: Sheet, position_of: Mapping[int, int], problems: Iterable[Problem], places: Mapping[str, int]
) -> dict[tuple[int, int], tuple[tuple[int, str], int]]:
    """Return for each wrong cell its place and text, and how many rows have these. 1 if not all of them are wrong."""
    name_at = {sheet.headers.columns[name]: name for name in sheet.columns}
    wrong = {(problem.row, places[problem.column]) for problem in problems if problem.column in places}
    found = {
        (number, place): (place, text_of(sheet.cell(position_of[number], name_at[place]))) for number, place in wrong
    }
    counted = Counter(found.values())
    all_of_them: Counter[tuple[int, str]] = Counter()
    for place in {place for number, place in wrong}:
        # A row with a first and a last day has become several of the same number.
        cells = dict(zip(sheet.numbers, sheet.cells(name_at[place]), strict=True))
        all_of_them.update((place, text_of(cell)) for cell in cells.values())
    return {at: (group, counted[group] if counted[group] == all_of_them[group] else 1) for at, group in found.items()}


def _rows_to_show(
    problems: Iterable[Problem], equal: Mapping[tuple[int, int], tuple[tuple[int, str], int]]
) -> set[int]:
    """Return the numbers of the rows for which the form has room."""
    cells_of: dict[int, list[tuple[int, str]]] = {problem.row: [] for problem in problems}
    for (number, __), (group, ___) in sorted(equal.items()):
        cells_of[number].append(group)
    seen: Counter[tuple[int, str]] = Counter()
    rank: dict[int, int] = {}
    for number, groups in cells_of.items():
        rank[number] = min((seen[group] for group in groups), default=0)
        seen.update(groups)
    chosen: set[int] = set()
    cells = 0
    for number in sorted(cells_of, key=lambda number: (rank[number], number)):
        cells += len(cells_of[number])
        if chosen and (cells > MAX_CELLS_SHOWN or len(chosen) >= MAX_ROWS_SHOWN):
            break
        chosen.add(number)
    return chosen


def mended_by(sent: Mapping[str, str], table: tablib.Dataset, mended: Mended) -> dict[str, dict[str, str]]:
    """Return all mended cells after a form was sent. Raises FileError if a text is too long.

    `sent` has the fields of the form: `cell-12-3` is the text of a cell, and `same-12-3` says that it is for all rows
    with the same value in this column. `table` is the file as it was uploaded.
    """
    found = {number: dict(cells) for number, cells in mended.items()}
    headers = [_header(header) for header in table.headers or ()]
    uploaded = [[text_of(cell) for cell in row] for row in table]
    before = [list(row) for row in uploaded]
    positions = {number: position for position, number in enumerate(_numbers(table))}
    places = places_of(table)
    for number, cells in mended.items():
        for header, text in cells.items():
            if int(number) in positions and header in places:
                before[positions[int(number)]][places[header]] = text
    for position, place, text, same in _changes(sent, before, positions):
        targets = range(len(before)) if same else (position,)
        value = before[position][place]
        for target in targets:
            if before[target][place] != value:
                continue
            number = str(_numbers(table)[target])
            found.setdefault(number, {})[headers[place]] = text
            if text == uploaded[target][place]:
                del found[number][headers[place]]
    found = {number: cells for number, cells in found.items() if cells}
    sizes = [len(number) + len(header) + len(text) for number, row in found.items() for header, text in row.items()]
    if len(sizes) > MAX_MENDED_CELLS or sum(sizes) > MAX_MENDED:
        text = _(
            "%(cells)s cells with %(characters)s characters are mended here, and at most %(most_cells)s with %(most)s "
            "are kept. Correct the file and upload it again."
        )
        counts = {"cells": len(sizes), "characters": sum(sizes), "most_cells": MAX_MENDED_CELLS, "most": MAX_MENDED}
        raise FileError(text % {name: number_format(count, force_grouping=True) for name, count in counts.items()})
    return found


def _changes(
    sent: Mapping[str, str], before: list[list[str]], positions: Mapping[int, int]
) -> list[tuple[int, int, str, bool]]:
    """Return what was written: position, place, text, and whether for all equal ones. These come first."""
    changes = []
    for name in sent:
        if (match := _FIELD.fullmatch(name)) is None or int(match[1]) not in positions:
            continue
        position, place = positions[int(match[1])], int(match[2])
        text = text_of(sent[name].replace("\0", ""))
        if place >= len(before[position]) or text == before[position][place]:
            continue
        if len(text) > MAX_LENGTH:
            words = {"row": int(match[1]), "length": len(text), "most": MAX_LENGTH}
            raise FileError(
                _("Row %(row)d: the text has %(length)d characters. At most %(most)d can be written here.") % words
            )
        changes.append((position, place, text, f"same-{match[1]}-{match[2]}" in sent))
    return sorted(changes, key=lambda change: not change[3])


def places_of(table: tablib.Dataset) -> dict[str, int]:
    """Return where each column of a file is, by its header. The first one counts, as for the mapping."""
    headers = [_header(header) for header in table.headers or ()]
    return {header: place for place, header in reversed(list(enumerate(headers)))}


def text_of(cell: Any) -> str:
    """Return a cell as a field of a form shows it. 102.0 stays, so that 102 is a change of it if that is meant."""
    said = "" if cell is None else written(cell) if isinstance(cell, datetime.timedelta) else str(cell)
    return " ".join(said.split())


def _header(header: object) -> str:
    return "" if header is None else shown(header, MAX_HEADER_LENGTH)


def _numbers(table: tablib.Dataset) -> Any:
    return getattr(table, "row_numbers", range(2, len(table) + 2))
