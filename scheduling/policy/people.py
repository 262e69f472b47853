"""Whether the person can work this shift at all: employment, the shift itself, skills."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scheduling.models import Rule
from scheduling.policy.dates import written
from scheduling.policy.findings import Breach, Severity
from scheduling.policy.records import Planned
from scheduling.policy.rulebook import because, is_about, severity_of
from scheduling.policy.situation import Situation


def active_employee(situation: Situation) -> Iterator[Breach]:
    for one in situation.planned:
        person = situation.person(one)
        if not person.is_active:
            yield Breach(one, "employee", _("%(person)s is not active.") % {"person": person})


def employed_on_the_date(situation: Situation) -> Iterator[Breach]:
    """The first and the last day of a contract are part of it; a missing one is no limit."""
    for one in situation.planned:
        person, text = situation.person(one), ""
        if person.hire_date is not None and one.date < person.hire_date:
            text = _("%(person)s is employed from %(hired)s on: not yet on %(date)s.")
        elif person.end_date is not None and one.date > person.end_date:
            text = _("%(person)s is employed until %(left)s: no longer on %(date)s.")
        if text:
            told = {
                "person": person,
                "hired": written(person.hire_date),
                "left": written(person.end_date),
                "date": written(one.date),
            }
            yield Breach(one, "date", text % told)


def active_shift(situation: Situation) -> Iterator[Breach]:
    if all(shift.active for shift in situation.shifts.values()):
        return
    for one in situation.planned:
        shift = situation.shift(one)
        if not shift.active:
            told = {"shift": shift, "person": situation.person(one), "date": written(one.date)}
            text = _("The shift %(shift)s is not active: %(person)s cannot work it on %(date)s.")
            yield Breach(one, "shift", text % told)


def required_skills(situation: Situation) -> Iterator[Breach]:
    """What the shift requires must be there; what a rule of qualification asks for, as strictly as the rule says."""
    shifts_ask = any(shift.skills for shift in situation.shifts.values())
    rules_ask = Rule.Kind.QUALIFICATION in situation.rules.kinds
    if not (shifts_ask or rules_ask):
        return
    for one in situation.planned:
        shift = situation.shift(one)
        yield from _lacking(situation, one, shift.skills, Severity.ERROR)
        for _distance, rule in situation.rules.of(Rule.Kind.QUALIFICATION, situation.person(one), one.date):
            if is_about(rule, shift):
                yield from _lacking(situation, one, rule.parameters["skills"], severity_of(rule), because(rule))


def _lacking(
    situation: Situation, one: Planned, needed: Iterable[str], severity: Severity, ending: str = "."
) -> Iterator[Breach]:
    lacking = sorted(set(needed) - situation.skills.get(one.employee, set())) if needed else []
    if lacking:
        text = ngettext(
            "%(person)s lacks the skill %(skills)s for %(shift)s on %(date)s",
            "%(person)s lacks the skills %(skills)s for %(shift)s on %(date)s",
            len(lacking),
        )
        told = {
            "person": situation.person(one),
            "skills": get_text_list(lacking, _("and")),
            "shift": situation.shift(one),
            "date": written(one.date),
        }
        yield Breach(one, "employee", text % told + ending, severity)
