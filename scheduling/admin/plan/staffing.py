"""How many people shifts have of those that they need."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.translation import gettext, pgettext

from scheduling.models import Schedule, ScheduleAssignment


@dataclass(frozen=True, kw_only=True)
class WeekCoverage:
    """How well a schedule's whole week is staffed."""

    text: str
    """Filled places of those required."""
    open_shifts: int
    """How many shifts, counted once per day, have fewer people than they require."""


def staffing_of(people: int, required: int, maximum: int | None) -> str:
    """Return "under", "full" or "over" for the people of a shift on a day."""
    if people < required:
        return "under"
    return "over" if maximum is not None and people > maximum else "full"


def coverage(people: int, required: int, staffing: str) -> str:
    """Return "3 of 4" as lists show it, followed by the word that the colour stands for."""
    words = {"under": pgettext("staffing", "under"), "over": pgettext("staffing", "over"), "full": ""}
    text = gettext("%(people)d of %(required)d") % {"people": people, "required": required}
    return format_html('<span class="staffing staffing-{}">{}</span>', staffing, f"{text} {words[staffing]}".strip())


def coverage_by_schedule(schedules: Sequence[Schedule]) -> dict[int, WeekCoverage]:
    """Return the coverage of whole weeks by schedule. One query. A schedule to which no one is assigned is left out."""
    rows = ScheduleAssignment.objects.filter(schedule__in=[schedule.pk for schedule in schedules])
    filled, required, states = Counter[int](), Counter[int](), defaultdict[int, list[str]](list)
    for schedule, people, needed, most in rows.slots().values_list("schedule", "people", "required", "most"):
        filled[schedule] += min(people, needed)
        required[schedule] += needed
        states[schedule].append(staffing_of(people, needed, most))
    return {
        pk: WeekCoverage(text=coverage(filled[pk], required[pk], _worst(found)), open_shifts=found.count("under"))
        for pk, found in states.items()
    }


def _worst(states: Iterable[str]) -> str:
    return next((state for state in ("under", "over") if state in states), "full")
