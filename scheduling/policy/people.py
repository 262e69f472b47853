"""Whether the employee can work this shift at all: employment, the shift itself, skills."""

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
    for assignment in situation.planned:
        person = situation.person(assignment)
        if not person.is_active:
            yield Breach(assignment, "employee", _("%(person)s is not active.") % {"person": person})


def employed_on_the_date(situation: Situation) -> Iterator[Breach]:
    """The first and the last day of a contract are part of it. A missing date is no limit."""
    for assignment in situation.planned:
        person, text = situation.person(assignment), ""
        if person.hire_date is not None and assignment.date < person.hire_date:
            text = _("%(person)s is employed from %(hired)s, so not yet on %(date)s.")
        elif person.end_date is not None and assignment.date > person.end_date:
            text = _("%(person)s is employed until %(left)s, so no longer on %(date)s.")
        if text:
            texts = {
                "person": person,
                "hired": written(person.hire_date),
                "left": written(person.end_date),
                "date": written(assignment.date),
            }
            yield Breach(assignment, "date", text % texts)


def active_shift(situation: Situation) -> Iterator[Breach]:
    if all(shift.active for shift in situation.shifts.values()):
        return
    for assignment in situation.planned:
        shift = situation.shift(assignment)
        if not shift.active:
            texts = {"shift": shift, "person": situation.person(assignment), "date": written(assignment.date)}
            text = _("The shift %(shift)s is not active: %(person)s cannot work it on %(date)s.")
            yield Breach(assignment, "shift", text % texts)


def required_skills(situation: Situation) -> Iterator[Breach]:
    """The skills that the shift requires are mandatory. Those that a rule requires are as strict as the rule."""
    shifts_ask = any(shift.skills for shift in situation.shifts.values())
    rules_ask = Rule.Kind.QUALIFICATION in situation.rules.kinds
    if not (shifts_ask or rules_ask):
        return
    for assignment in situation.planned:
        shift = situation.shift(assignment)
        yield from _lacking(situation, assignment, shift.skills, Severity.ERROR)
        for _distance, rule in situation.rules.of(
            Rule.Kind.QUALIFICATION, situation.person(assignment), assignment.date
        ):
            if is_about(rule, shift):
                yield from _lacking(situation, assignment, rule.parameters["skills"], severity_of(rule), because(rule))


def _lacking(
    situation: Situation, assignment: Planned, needed: Iterable[str], severity: Severity, ending: str = "."
) -> Iterator[Breach]:
    lacking = sorted(set(needed) - situation.skills.get(assignment.employee, set())) if needed else []
    if lacking:
        text = ngettext(
            "%(person)s lacks the skill %(skills)s for %(shift)s on %(date)s",
            "%(person)s lacks the skills %(skills)s for %(shift)s on %(date)s",
            len(lacking),
        )
        texts = {
            "person": situation.person(assignment),
            "skills": get_text_list(lacking, _("and")),
            "shift": situation.shift(assignment),
            "date": written(assignment.date),
        }
        yield Breach(assignment, "employee", text % texts + ending, severity)
