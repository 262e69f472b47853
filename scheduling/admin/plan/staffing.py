"""How many people shifts have of those that they need."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from django.db.models import Count
from django.utils.html import format_html
from django.utils.translation import gettext, pgettext

from scheduling.models import Schedule, ScheduleAssignment
from scheduling.statuses import NOT_COUNTING


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


def coverage_by_schedule(schedules: Sequence[Schedule]) -> dict[int, str]:
    """Return the coverage of whole weeks by schedule: filled places of those required. One query.

    A schedule without assignments that count is left out.
    """
    rows = ScheduleAssignment.objects.filter(schedule__in=[schedule.pk for schedule in schedules]).order_by()
    slots = rows.exclude(status__in=NOT_COUNTING).values_list(
        "schedule", "shift", "date", "shift__required_staff", "shift__max_staff"
    )
    filled, required, states = Counter[int](), Counter[int](), defaultdict[int, set[str]](set)
    for schedule, _shift, _date, needed, maximum, people in slots.annotate(people=Count("pk")):
        filled[schedule] += min(people, needed)
        required[schedule] += needed
        states[schedule].add(staffing_of(people, needed, maximum))
    return {pk: coverage(filled[pk], required[pk], _worst(states[pk])) for pk in states}


def _worst(states: Iterable[str]) -> str:
    return next((state for state in ("under", "over") if state in states), "full")
