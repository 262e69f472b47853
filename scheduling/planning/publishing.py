"""What happens besides when schedules are published: the versions before give way, and people are told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import reduce
from operator import or_

from django.contrib.admin.models import CHANGE
from django.db.models import Q
from django.utils.translation import gettext

from scheduling.models import Schedule, ScheduleAssignment
from scheduling.planning import history, notices


def published_before(schedules: Sequence[Schedule]) -> list[Schedule]:
    """Return the published versions of the same weeks that these replace. One query."""
    weeks = [Q(department=one.department_id, week_start=one.week_start) & ~Q(pk=one.pk) for one in schedules]
    if not weeks:
        return []
    published = Schedule.objects.select_related("department").filter(status=Schedule.Status.PUBLISHED)
    return list(published.filter(reduce(or_, weeks)).order_by("pk"))


def replace_and_tell(schedules: Sequence[Schedule], user_id: int) -> None:
    """Archive what was published before, and tell the people of both. The schedules are published by now."""
    replaced = [one for one in published_before(schedules) if one not in schedules]
    messages = []
    before, after = _by_week(_rows(replaced), replaced), _by_week(_rows(schedules), schedules)
    for schedule in schedules:
        week = schedule.department_id, schedule.week_start
        messages += notices.of_publication(schedule, after[week], before[week])
    _archive(replaced, user_id)
    notices.send(messages)


def _archive(replaced: Sequence[Schedule], user_id: int) -> None:
    if not replaced:
        return
    Schedule.objects.filter(pk__in=[one.pk for one in replaced]).update(status=Schedule.Status.ARCHIVED)
    ScheduleAssignment.objects.filter(schedule__in=[one.pk for one in replaced]).update(superseded=True)
    history.write(user_id, replaced, CHANGE, [gettext("Archived: a newer version was published.")] * len(replaced))


def _rows(schedules: Sequence[Schedule]) -> list[ScheduleAssignment]:
    rows = ScheduleAssignment.objects.filter(schedule__in=[one.pk for one in schedules])
    return list(rows.select_related("shift")) if schedules else []


def _by_week(
    rows: Sequence[ScheduleAssignment], schedules: Sequence[Schedule]
) -> defaultdict[tuple[int, object], list[ScheduleAssignment]]:
    weeks = {one.pk: (one.department_id, one.week_start) for one in schedules}
    found: defaultdict[tuple[int, object], list[ScheduleAssignment]] = defaultdict(list)
    for row in rows:
        found[weeks[row.schedule_id]].append(row)
    return found
