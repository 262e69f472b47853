"""When employees can work and want to work, by the rules: availability, restrictions, preferences.

The weekday of a rule is the day on which a shift starts. Times are by the clock, and a window may end after midnight.
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
    """The shift is inside one of the person's windows. Those of the department are for people without their own."""
    text = _("%(person)s is only available %(window)s, not for %(shift)s on %(date)s")
    yield from _outside(situation, Rule.Kind.AVAILABILITY, text)


def as_preferred(situation: Situation) -> Iterator[Breach]:
    """The shift matches one of the person's preferences, if there are any."""
    text = _("%(person)s prefers to work %(window)s, not %(shift)s on %(date)s")
    yield from _outside(situation, Rule.Kind.PREFERENCE, text)


def not_restricted(situation: Situation) -> Iterator[Breach]:
    """The shift is outside the windows of all restrictions. A restriction without a window is for whole days."""
    if Rule.Kind.RESTRICTION not in situation.rules.kinds:
        return
    for assignment in situation.planned:
        shift, person = situation.shift(assignment), situation.person(assignment)
        for _distance, rule in situation.rules.of(Rule.Kind.RESTRICTION, person, assignment.date):
            if is_about(rule, shift) and _in_window(rule, shift, assignment.date, _overlaps):
                texts = {"person": person, "shift": shift, "date": written(assignment.date)}
                text = _("%(person)s does not work %(shift)s on %(date)s") % texts
                yield Breach(assignment, "date", text + because(rule), severity_of(rule))


def _outside(situation: Situation, kind: Rule.Kind, text: str) -> Iterator[Breach]:
    if kind not in situation.rules.kinds:
        return
    for assignment in situation.planned:
        shift, person = situation.shift(assignment), situation.person(assignment)
        rules = situation.rules.nearest(kind, person, assignment.date)
        if rules and not any(
            is_about(rule, shift) and _in_window(rule, shift, assignment.date, _contains) for rule in rules
        ):
            first = next((rule for rule in rules if rule.strict), rules[0])
            texts = {"person": person, "window": _described(first), "shift": shift, "date": written(assignment.date)}
            yield Breach(assignment, "date", text % texts + because(first), severity_of(first))


Compare = Callable[[int, int, int, int], bool]


def _contains(opens: int, closes: int, starts: int, ends: int) -> bool:
    """Whether the window contains the whole shift."""
    return opens <= starts and ends <= closes


def _overlaps(opens: int, closes: int, starts: int, ends: int) -> bool:
    """Whether the window and the shift have a minute in common."""
    return opens < ends and starts < closes


def _in_window(rule: Rule, shift: WorkShift, date: datetime.date, compare: Compare) -> bool:
    days = rule.parameters.get("weekdays", WEEKDAYS)
    if "start" not in rule.parameters:
        return WEEKDAYS[date.weekday()] in days
    opens, closes = minutes(*(datetime.time.fromisoformat(rule.parameters[name]) for name in ("start", "end")))
    starts, ends = minutes(shift.start, shift.end)
    # The window of the previous day may still be open, and a shift over midnight may overlap that of the next day.
    return any(
        WEEKDAYS[(date.weekday() + later) % 7] in days
        and compare(opens + later * DAY_MINUTES, closes + later * DAY_MINUTES, starts, ends)
        for later in (-1, 0, 1)
    )


def _described(rule: Rule) -> str:
    """Return the window as part of a sentence: "on Mon and Tue from 08:00 to 18:00"."""
    texts = rule.parameters
    parts = []
    if "weekdays" in texts:
        days = [str(WEEKDAYS_ABBR[WEEKDAYS.index(day)]) for day in texts["weekdays"]]
        parts.append(_("on %(days)s") % {"days": get_text_list(days, _("and"))})
    if "start" in texts:
        parts.append(_("from %(start)s to %(end)s") % {"start": texts["start"], "end": texts["end"]})
    if named := [*texts.get("shift_types", ()), *texts.get("shifts", ())]:
        parts.append(get_text_list(named, _("or")))
    return " ".join(parts)
