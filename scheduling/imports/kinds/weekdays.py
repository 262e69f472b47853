"""Weekdays in a cell of a rule: names and short forms, in English, in German and in the reader's language; ranges."""

from __future__ import annotations

import re
from typing import Any

from django.utils.dates import WEEKDAYS as NAMES_OF_WEEKDAYS
from django.utils.dates import WEEKDAYS_ABBR as SHORT_WEEKDAYS
from django.utils.translation import gettext as _

from scheduling.imports.engine import values
from scheduling.imports.engine.problems import did_you_mean, listed
from scheduling.models.parameters import WEEKDAYS


def weekdays(cell: Any) -> list[str]:
    """Return the days in a cell such as "mon|tue", "Monday, Tuesday" or "Mon-Fri"; "Fri-Mon" goes over the weekend."""
    return list(dict.fromkeys(day for part in values.split_names(cell) for day in _days(part)))


def _days(part: str) -> list[str]:
    """Return the days of one part of a cell: a day, or a range of days."""
    ends = [end for end in _BETWEEN_DAYS.split(" ".join(part.split())) if end]
    first, last = (WEEKDAYS.index(_day(end)) for end in (ends[0], ends[-1])) if len(ends) == 2 else (None, None)
    if first is None or last is None:
        return [_day(part)]
    return [WEEKDAYS[(first + number) % 7] for number in range((last - first) % 7 + 1)]


_BETWEEN_DAYS = re.compile(r" ?[-‐‑‒–—−] ?| (?:to|through|until|till|bis) ", re.IGNORECASE)


def _day(word: str) -> str:
    """Return the day that a word means: its name or a short form, in English or in the language of the reader."""
    spelled = word.strip(" .").casefold()
    for number, day in enumerate(WEEKDAYS):
        names = [str(NAMES_OF_WEEKDAYS[number]), str(SHORT_WEEKDAYS[number]), *ENGLISH_AND_GERMAN[day]]
        if spelled in {name.strip(".").casefold() for name in (day, *names)}:
            return day
    allowed = [str(name) for name in NAMES_OF_WEEKDAYS.values()]
    text = _("Write %(allowed)s.") % {"allowed": listed(allowed, _("or"))}
    raise ValueError(text + did_you_mean(word, allowed))


ENGLISH_AND_GERMAN = {
    "mon": ("monday", "mo", "montag"),
    "tue": ("tuesday", "tu", "tues", "di", "dienstag"),
    "wed": ("wednesday", "we", "mi", "mittwoch"),
    "thu": ("thursday", "th", "thur", "thurs", "do", "donnerstag"),
    "fri": ("friday", "fr", "freitag"),
    "sat": ("saturday", "sa", "samstag", "sonnabend"),
    "sun": ("sunday", "su", "so", "sonntag"),
}
