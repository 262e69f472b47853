"""What employees are told when a schedule that they know changes. One message per employee, however many shifts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext

from scheduling.models import Notification, Schedule, ScheduleAssignment
from scheduling.policy.times import with_times


class Change(NamedTuple):
    """An assignment of a schedule before and after a change; None where it does not exist."""

    before: ScheduleAssignment | None
    after: ScheduleAssignment | None


def of_publication(
    schedule: Schedule, rows: Iterable[ScheduleAssignment], rows_before: Iterable[ScheduleAssignment] = ()
) -> list[Notification]:
    """Return a message for everyone who works in the week, and for those who worked in its previous version only."""
    lines: defaultdict[int, list[str]] = defaultdict(list)
    for row in sorted(filter(_counts, rows), key=_by_time):
        lines[row.employee_id].append(described(row))
    names = {"department": schedule.department.name, "monday": date_format(schedule.week_start)}
    title = gettext("%(department)s: your shifts in the week of %(monday)s") % names
    bodies = {employee: _your_shifts(own) for employee, own in lines.items()}
    without_shifts = {row.employee_id for row in rows_before if _counts(row)} - lines.keys()
    no_shifts = gettext("You no longer have any shifts in %(department)s this week.") % names
    bodies |= dict.fromkeys(without_shifts, no_shifts)
    return [
        _message(Notification.Kind.SCHEDULE, employee, title, body, schedule.pk) for employee, body in bodies.items()
    ]


def of_changes(changes: Iterable[Change]) -> list[Notification]:
    """Return a message for everyone whose published shifts have changed."""
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
            ngettext("One of your shifts has changed", "%(count)d of your shifts have changed", len(own))
            % {"count": len(own)},
            "\n".join(own),
            schedules[employee],
        )
        for employee, own in lines.items()
    ]


def send(messages: Sequence[Notification]) -> None:
    Notification.objects.bulk_create(messages)


def notify_of_changes(changes: Iterable[Change]) -> None:
    """Send a message to everyone whose published shifts have changed."""
    send(of_changes(changes))


def described(row: ScheduleAssignment) -> str:
    """Return the assignment as its employee reads it: "Mon 30 Nov: Early (06:00-14:00)"."""
    return f"{date_format(row.date, gettext('D j M'))}: {with_times(row.shift)}"


def _lines(change: Change) -> Iterator[tuple[ScheduleAssignment, str]]:
    before, after = (row if _counts(row) and _is_published(row) else None for row in change)
    if before is not None and after is not None and before.employee_id == after.employee_id:
        if described(before) != described(after):
            texts = {"before": described(before), "after": described(after)}
            yield after, gettext("%(before)s is now %(after)s") % texts
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
