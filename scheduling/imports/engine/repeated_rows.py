"""Rows of a file that have become several, one for each day: people see a row as a whole, and so it is refused."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from django.utils.translation import gettext as _

from scheduling.imports.engine.problems import FileError, Problem
from scheduling.imports.engine.sheet import Sheet
from scheduling.policy.dates import written

MAX_DAYS_SHOWN = 5


def refuse_whole(sheet: Sheet) -> None:
    """Refuse all days of a row of which one is refused, and say once what is wrong, with the days if it is not all."""
    if not sheet.is_repeated or not sheet.problems:
        return
    for positions in _parts(sheet).values():
        if any(position in sheet.problems for position in positions):
            told = _told(sheet, positions)
            sheet.problems.update((position, []) for position in positions)
            sheet.problems[positions[0]] = told
    refused = set(sheet.refused_rows)
    sheet.warnings = list(dict.fromkeys(one for one in sheet.warnings if one.row not in refused))


def refuse_parts(sheet: Sheet) -> None:
    """Raise FileError if the database has refused one day of a row, since the others are written by then."""
    if not sheet.is_repeated or not sheet.problems:
        return
    for positions in _parts(sheet).values():
        problems = [problem for position in positions for problem in sheet.problems.get(position, ())]
        if problems and not all(position in sheet.problems for position in positions):
            raise FileError(problems[0].sentence)


def _parts(sheet: Sheet) -> dict[int, list[int]]:
    """Return the positions of each row that has become several, by its number."""
    found: defaultdict[int, list[int]] = defaultdict(list)
    for position, number in enumerate(sheet.numbers):
        found[number].append(position)
    return {number: positions for number, positions in found.items() if len(positions) > 1}


def _told(sheet: Sheet, positions: Sequence[int]) -> list[Problem]:
    """Return what is wrong with any of these days, each once."""
    places: defaultdict[Problem, list[int]] = defaultdict(list)
    for position in positions:
        for problem in dict.fromkeys(sheet.problems.get(position, ())):
            places[problem].append(position)
    return [
        problem if len(wrong) == len(positions) else replace(problem, reason=_with_days(sheet, wrong, problem.reason))
        for problem, wrong in places.items()
    ]


def _with_days(sheet: Sheet, positions: Sequence[int], reason: str) -> str:
    days = [written(day) for position in positions if (day := _day(sheet, position)) is not None]
    if not days:
        return reason
    shown = ", ".join([*days[:MAX_DAYS_SHOWN], *(["…"] if len(days) > MAX_DAYS_SHOWN else [])])
    return _("%(days)s: %(reason)s") % {"days": shown, "reason": reason}


def _day(sheet: Sheet, position: int) -> datetime.date | None:
    """Return the day of a part: the date in which it differs from the other parts of its row."""
    for values in sheet.values.values():
        others = [values[other] for other in (position - 1, position + 1) if _is_part(sheet, other, position)]
        if isinstance(values[position], datetime.date) and any(other != values[position] for other in others):
            return values[position]
    return None


def _is_part(sheet: Sheet, other: int, position: int) -> bool:
    return 0 <= other < sheet.size and sheet.numbers[other] == sheet.numbers[position]
