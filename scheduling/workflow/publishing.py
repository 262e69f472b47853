"""What else happens when schedules are published: the previous versions are archived, and the employees are told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import reduce
from operator import or_

from django.contrib.admin.models import CHANGE
from django.db.models import Q
from django.utils.translation import gettext

from scheduling.calendar import DepartmentWeek
from scheduling.models import Schedule, ScheduleAssignment
from scheduling.workflow import history, messages


def previously_published(schedules: Sequence[Schedule]) -> list[Schedule]:
    """Return the published versions of the same weeks, which these schedules replace. One query."""
    others = [
        Q(department=schedule.department_id, week_start=schedule.week_start) & ~Q(pk=schedule.pk)
        for schedule in schedules
    ]
    if not others:
        return []
    published = Schedule.objects.select_related("department").filter(status=Schedule.Status.PUBLISHED)
    return list(published.filter(reduce(or_, others)).order_by("pk"))


def replace_and_notify(schedules: Sequence[Schedule], user_id: int) -> None:
    """Archive the versions published before, and tell the employees of both. The schedules are already published."""
    replaced = [schedule for schedule in previously_published(schedules) if schedule not in schedules]
    before, after = _by_week(_rows(replaced), replaced), _by_week(_rows(schedules), schedules)
    # Before the rows of the replaced versions are superseded.
    notifications = [
        message
        for schedule in schedules
        for message in messages.of_publication(schedule, after[schedule.week], before[schedule.week])
    ]
    _archive(replaced, user_id)
    messages.send(notifications)


def _archive(replaced: Sequence[Schedule], user_id: int) -> None:
    if not replaced:
        return
    keys = [schedule.pk for schedule in replaced]
    Schedule.objects.filter(pk__in=keys).update(status=Schedule.Status.ARCHIVED)
    ScheduleAssignment.objects.filter(schedule__in=keys).update(superseded=True)
    reason = gettext("Archived because a newer version was published.")
    history.write(user_id, replaced, CHANGE, [reason] * len(replaced))


def _rows(schedules: Sequence[Schedule]) -> list[ScheduleAssignment]:
    rows = ScheduleAssignment.objects.filter(schedule__in=[schedule.pk for schedule in schedules])
    return list(rows.select_related("shift")) if schedules else []


def _by_week(
    rows: Sequence[ScheduleAssignment], schedules: Sequence[Schedule]
) -> defaultdict[DepartmentWeek, list[ScheduleAssignment]]:
    weeks = {schedule.pk: schedule.week for schedule in schedules}
    found: defaultdict[DepartmentWeek, list[ScheduleAssignment]] = defaultdict(list)
    for row in rows:
        found[weeks[row.schedule_id]].append(row)
    return found
