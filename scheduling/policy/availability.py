"""When employees can work and want to work, by the rules: availability, restrictions, preferences.

Times are by the clock, in minutes since the midnight with which the day of a shift begins. A window may end after
midnight, and windows that meet are one: Friday from 18:00 to 24:00 and Saturday from 00:00 to 08:00 hold the night
between them. A rule that has weekdays and no times is about the shifts that start on these days.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator

from django.utils.dates import WEEKDAYS_ABBR
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from scheduling.calendar import DAY
from scheduling.models import Rule
from scheduling.models.parameters import WEEKDAYS
from scheduling.policy.clock import DAY_MINUTES, minutes
from scheduling.policy.dates import written
from scheduling.policy.findings import Breach
from scheduling.policy.records import Person, WorkShift
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
    """The shift is outside the windows of all restrictions. A restriction without a window is for whole days.

    Where it has no weekdays either, it is a leave: a night that runs into its first day is work on that day.
    """
    if Rule.Kind.RESTRICTION not in situation.rules.kinds:
        return
    for assignment in situation.planned:
        shift, person = situation.shift(assignment), situation.person(assignment)
        for rule in _restrictions(situation, assignment.date, person, shift):
            texts = {"person": person, "shift": shift, "date": written(assignment.date)}
            text = _("%(person)s does not work %(shift)s on %(date)s") % texts
            yield Breach(assignment, "date", text + because(rule), severity_of(rule))


def _restrictions(situation: Situation, date: datetime.date, person: Person, shift: WorkShift) -> list[Rule]:
    """Return the restrictions that forbid the shift, those of its date before those of the days around it."""
    starts, ends = minutes(shift.start, shift.end)
    found: dict[int, Rule] = {}
    for later in (0, -1, 1) if ends > DAY_MINUTES else (0, -1):
        day = date + later * DAY
        for _distance, rule in situation.rules.of(Rule.Kind.RESTRICTION, person, day):
            if later and rule.parameters and "start" not in rule.parameters:
                continue  # It is about the shifts that start on its days.
            window = _window(rule, day, later)
            if window is not None and window[0] < ends and starts < window[1] and is_about(rule, shift):
                found.setdefault(rule.pk, rule)
    return list(found.values())


def _outside(situation: Situation, kind: Rule.Kind, text: str) -> Iterator[Breach]:
    if kind not in situation.rules.kinds:
        return
    for assignment in situation.planned:
        shift, person = situation.shift(assignment), situation.person(assignment)
        rules = situation.rules.nearest(kind, person, assignment.date)
        if rules and not _is_held(situation, kind, person, shift, assignment.date):
            first = next((rule for rule in rules if rule.strict), rules[0])
            texts = {"person": person, "window": _described(first), "shift": shift, "date": written(assignment.date)}
            yield Breach(assignment, "date", text % texts + because(first), severity_of(first))


Window = tuple[int, int]
"""From when to when, in minutes."""


def _is_held(situation: Situation, kind: Rule.Kind, person: Person, shift: WorkShift, date: datetime.date) -> bool:
    """Whether the windows of the rules, together, contain the whole shift."""
    starts, ends = minutes(shift.start, shift.end)
    windows = []
    for later in (-1, 0, 1) if ends > DAY_MINUTES else (-1, 0):
        day = date + later * DAY
        rules = situation.rules.nearest(kind, person, day)
        if not rules and later == 1:
            windows.append((DAY_MINUTES, 2 * DAY_MINUTES))  # No rule says when that day's hours are.
        windows += [
            window
            for rule in rules
            if is_about(rule, shift) and (window := _window(rule, day, later, whole_shift=True)) is not None
        ]
    return any(opens <= starts and ends <= closes for opens, closes in _joined(windows))


def _window(rule: Rule, day: datetime.date, later: int, *, whole_shift: bool = False) -> Window | None:
    """Return the window that a rule opens on a day, or None if it opens none.

    A rule without times opens the whole day, and with `whole_shift` also what a shift of that day lasts longer.
    """
    if WEEKDAYS[day.weekday()] not in rule.parameters.get("weekdays", WEEKDAYS):
        return None
    midnight = later * DAY_MINUTES
    if "start" not in rule.parameters:
        return midnight, midnight + DAY_MINUTES * (2 if whole_shift and later == 0 else 1)
    opens, closes = minutes(*(datetime.time.fromisoformat(rule.parameters[name]) for name in ("start", "end")))
    # Who writes 23:59 means the end of the day.
    return midnight + opens, midnight + (closes + 1 if (closes + 1) % DAY_MINUTES == 0 else closes)


def _joined(windows: Iterable[Window]) -> Iterator[Window]:
    """Yield the windows in order, those that meet or overlap as one."""
    current: Window | None = None
    for opens, closes in sorted(windows):
        if current is None:
            current = opens, closes
        elif opens <= current[1]:
            current = current[0], max(current[1], closes)
        else:
            yield current
            current = opens, closes
    if current is not None:
        yield current


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
