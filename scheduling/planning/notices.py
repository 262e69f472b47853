"""What people are told when a plan that they know becomes another one. One message per person, however many shifts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext

from scheduling.models import Notification, Schedule, ScheduleAssignment
from scheduling.policy.times import with_times


class Change(NamedTuple):
    """An assignment of a published schedule before and after; None where it is not there."""

    before: ScheduleAssignment | None
    after: ScheduleAssignment | None


def of_publication(
    schedule: Schedule, rows: Iterable[ScheduleAssignment], rows_before: Iterable[ScheduleAssignment] = ()
) -> list[Notification]:
    """Return a message to everybody who works in the week, and to those who did in the version before."""
    lines: defaultdict[int, list[str]] = defaultdict(list)
    for row in sorted(filter(_counts, rows), key=_by_time):
        lines[row.employee_id].append(described(row))
    told = {"department": schedule.department.name, "monday": date_format(schedule.week_start)}
    title = gettext("%(department)s: your shifts in the week of %(monday)s") % told
    gone = {row.employee_id for row in rows_before if _counts(row)} - lines.keys()
    nothing = gettext("You have no shifts in %(department)s in this week any more.") % told
    bodies = {employee: _your_shifts(mine) for employee, mine in lines.items()} | dict.fromkeys(gone, nothing)
    return [_message(Notification.Kind.SCHEDULE, who, title, body, schedule.pk) for who, body in bodies.items()]


def of_changes(changes: Iterable[Change]) -> list[Notification]:
    """Return a message to everybody whose published shifts are others now."""
    lines: defaultdict[int, list[str]] = defaultdict(list)
    schedules: dict[int, int] = {}
    for change in changes:
        for row, line in _lines(change):
            lines[row.employee_id].append(line)
            schedules.setdefault(row.employee_id, row.schedule_id)
    return [
        _message(
            Notification.Kind.ASSIGNMENT,
            employee,
            ngettext("One of your shifts has changed", "%(count)d of your shifts have changed", len(mine))
            % {"count": len(mine)},
            "\n".join(mine),
            schedules[employee],
        )
        for employee, mine in lines.items()
    ]


def send(messages: Sequence[Notification]) -> None:
    Notification.objects.bulk_create(messages)


def described(row: ScheduleAssignment) -> str:
    """Return the assignment as its person reads it: "Mon 30 Nov: Early (06:00-14:00)"."""
    return f"{date_format(row.date, gettext('D j M'))}: {with_times(row.shift)}"


def _lines(change: Change) -> Iterable[tuple[ScheduleAssignment, str]]:
    before, after = (row if _counts(row) and _is_published(row) else None for row in change)
    if before is not None and after is not None and before.employee_id == after.employee_id:
        if described(before) != described(after):
            told = {"before": described(before), "after": described(after)}
            yield after, gettext("%(before)s is now %(after)s") % told
        return
    if before is not None:
        yield before, gettext("Cancelled: %(shift)s") % {"shift": described(before)}
    if after is not None:
        yield after, gettext("New: %(shift)s") % {"shift": described(after)}


def _counts(row: ScheduleAssignment | None) -> bool:
    return row is not None and not row.is_called_off


def _is_published(row: ScheduleAssignment | None) -> bool:
    return row is not None and row.schedule.status == Schedule.Status.PUBLISHED


def _by_time(row: ScheduleAssignment) -> tuple[object, ...]:
    return row.date, row.shift.start_time


def _your_shifts(lines: Sequence[str]) -> str:
    heading = ngettext("You have %(count)d shift:", "You have %(count)d shifts:", len(lines)) % {"count": len(lines)}
    return "\n".join([heading, *lines])


def _message(kind: str, employee: int, title: str, body: str, schedule: int) -> Notification:
    link = reverse("admin:scheduling_schedule_change", args=[schedule])
    return Notification(kind=kind, recipient_id=employee, title=title, body=body, link=link)
