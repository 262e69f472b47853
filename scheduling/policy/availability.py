"""When people can and want to work, as rules say it: availability, restrictions, preferences.

The weekday of a rule is that on which a shift starts. Times are those of the clock; a window may go over midnight.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator

from django.utils.dates import WEEKDAYS_ABBR
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from scheduling.models import Rule
from scheduling.models.parameters import WEEKDAYS
from scheduling.policy.clock import DAY_MINUTES, minutes
from scheduling.policy.dates import written
from scheduling.policy.findings import Breach
from scheduling.policy.records import WorkShift
from scheduling.policy.rulebook import because, is_about, severity_of
from scheduling.policy.situation import Situation


def available(situation: Situation) -> Iterator[Breach]:
    """Inside of one of the windows of the person, if there are any; those of the department are for people without."""
    text = _("%(person)s is available %(window)s only: not for %(shift)s on %(date)s")
    yield from _outside(situation, Rule.Kind.AVAILABILITY, text)


def as_preferred(situation: Situation) -> Iterator[Breach]:
    """As one of the wishes of the person has it, if there are any."""
    text = _("%(person)s prefers to work %(window)s: not %(shift)s on %(date)s")
    yield from _outside(situation, Rule.Kind.PREFERENCE, text)


def not_restricted(situation: Situation) -> Iterator[Breach]:
    """In none of the windows of any restriction that applies; one that names nothing is for whole days."""
    if Rule.Kind.RESTRICTION not in situation.rules.kinds:
        return
    for one in situation.planned:
        shift, person = situation.shift(one), situation.person(one)
        for _distance, rule in situation.rules.of(Rule.Kind.RESTRICTION, person, one.date):
            if is_about(rule, shift) and _in_window(rule, shift, one.date, _meet):
                told = {"person": person, "shift": shift, "date": written(one.date)}
                text = _("%(person)s does not work %(shift)s on %(date)s") % told
                yield Breach(one, "date", text + because(rule), severity_of(rule))


def _outside(situation: Situation, kind: Rule.Kind, text: str) -> Iterator[Breach]:
    if kind not in situation.rules.kinds:
        return
    for one in situation.planned:
        shift, person = situation.shift(one), situation.person(one)
        rules = situation.rules.nearest(kind, person, one.date)
        if rules and not any(is_about(rule, shift) and _in_window(rule, shift, one.date, _hold) for rule in rules):
            first = next((rule for rule in rules if rule.strict), rules[0])
            told = {"person": person, "window": _described(first), "shift": shift, "date": written(one.date)}
            yield Breach(one, "date", text % told + because(first), severity_of(first))


Compare = Callable[[int, int, int, int], bool]


def _hold(opens: int, closes: int, starts: int, ends: int) -> bool:
    """Whether a window holds the whole shift."""
    return opens <= starts and ends <= closes


def _meet(opens: int, closes: int, starts: int, ends: int) -> bool:
    """Whether a window and a shift have a minute in common."""
    return opens < ends and starts < closes


def _in_window(rule: Rule, shift: WorkShift, date: datetime.date, compare: Compare) -> bool:
    days = rule.parameters.get("weekdays", WEEKDAYS)
    if "start" not in rule.parameters:
        return WEEKDAYS[date.weekday()] in days
    opens, closes = minutes(*(datetime.time.fromisoformat(rule.parameters[name]) for name in ("start", "end")))
    starts, ends = minutes(shift.start, shift.end)
    # The window of the day before may still be open, and a shift over midnight meets that of the day after.
    return any(
        WEEKDAYS[(date.weekday() + later) % 7] in days
        and compare(opens + later * DAY_MINUTES, closes + later * DAY_MINUTES, starts, ends)
        for later in (-1, 0, 1)
    )


def _described(rule: Rule) -> str:
    """Return the window as a sentence has it: "on Mon and Tue from 08:00 to 18:00"."""
    told = rule.parameters
    parts = []
    if "weekdays" in told:
        days = [str(WEEKDAYS_ABBR[WEEKDAYS.index(day)]) for day in told["weekdays"]]
        parts.append(_("on %(days)s") % {"days": get_text_list(days, _("and"))})
    if "start" in told:
        parts.append(_("from %(start)s to %(end)s") % {"start": told["start"], "end": told["end"]})
    if named := [*told.get("shift_types", ()), *told.get("shifts", ())]:
        parts.append(get_text_list(named, _("or")))
    return " ".join(parts)
