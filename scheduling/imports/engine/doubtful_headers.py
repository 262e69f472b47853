"""Headers whose meaning only the values below them tell: "from" may be above dates or above times of day."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import tablib
from django.utils.translation import gettext as _

from scheduling.imports.engine import values
from scheduling.imports.engine.columns import refuse_unreadable
from scheduling.imports.engine.headers import normalise
from scheduling.imports.engine.import_kind import ImportKind
from scheduling.imports.engine.problems import FileError, listed, shown
from scheduling.imports.engine.texts import is_blank

# 2026 is a year, and also 20:26.
_YEAR = re.compile(r"(?:19|20)\d\d", re.ASCII)


def decided(dataset: tablib.Dataset, kind: ImportKind, chosen: Mapping[str, str] | None) -> Mapping[str, str] | None:
    """Return what is `chosen`, our columns by header, and what the values say of the headers that are in doubt.

    Raises FileError if the values do not agree, or if another column of the file has that meaning. A column without
    values says nothing, and is not read.
    """
    said = {normalise(header) for header in chosen or {}}
    found: dict[str, str] = {}
    for header, meanings, place in _doubtful(dataset, kind):
        if normalise(header) in said or not (cells := _different_cells(dataset, place)):
            continue
        column = _meant(header, meanings, cells)
        others = [other for other, meant in found.items() if meant == column]
        if others := [*others, *_headers_of(column, dataset, kind, chosen or {})]:
            words = {"both": listed(map(shown, (*others, header))), "column": column, "kind": kind.label}
            text = _("The columns %(both)s both mean '%(column)s' in a file of %(kind)s. Keep one of them.")
            raise FileError(text % words)
        found[header] = column
    return {**(chosen or {}), **found} if found else chosen


def _doubtful(dataset: tablib.Dataset, kind: ImportKind) -> Iterator[tuple[str, Mapping[str, values.Parser], int]]:
    """Yield the headers that are in doubt, with what each may mean and its place."""
    for place, header in enumerate(dataset.headers or () if kind.doubtful else ()):
        if meanings := kind.doubtful.get(normalise(header)):
            yield str(header), meanings, place


def _different_cells(dataset: tablib.Dataset, place: int) -> list[Any]:
    """Return the different cells of a column, without those that no parser should see: they are refused later."""
    found = {}
    for row in dataset:
        cell = row[place]
        if not is_blank(cell) and (type(cell), cell) not in found:
            try:
                refuse_unreadable(cell)
            except ValueError:
                continue
            found[type(cell), cell] = cell
    return [*found.values()]


def _meant(header: str, meanings: Mapping[str, values.Parser], cells: list[Any]) -> str:
    """Return the one of the columns that can have all of these cells."""
    left = set(meanings)
    for cell in cells:
        can = {column for column, parse in meanings.items() if _reads(parse, cell)}
        left &= can
        if len(can) != 1 or len(left) != 1 or _YEAR.fullmatch(str(cell).strip()):
            words = {"column": shown(header), "meanings": listed(meanings, _("or")), "value": shown(cell)}
            text = _("The column '%(column)s' can mean %(meanings)s, and '%(value)s' does not settle it. Rename it.")
            raise FileError(text % words)
    return left.pop()


def _reads(parse: values.Parser, cell: Any) -> bool:
    """Whether a parser takes the cell, a date in one of the orders of day and month."""
    for one in (values.date_in("dmy"), values.date_in("mdy")) if parse is values.date else (parse,):
        try:
            one(cell)
        except ValueError:
            continue
        return True
    return False


def _headers_of(column: str, dataset: tablib.Dataset, kind: ImportKind, chosen: Mapping[str, str]) -> Iterator[str]:
    """Yield the headers of the file that mean the column without a doubt."""
    said = {normalise(header): meant for header, meant in chosen.items()}
    for header in dataset.headers or ():
        name = normalise(header)
        known = "" if name in kind.doubtful else kind.known_headers.column(header)
        if name and said.get(name, known) == column:
            yield str(header)
