"""New versions of a week. The assignments of the previous version stay as they were, but no longer count."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.admin.models import ADDITION
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext, ngettext

from scheduling.calendar import DepartmentWeek
from scheduling.models import Schedule, ScheduleAssignment
from scheduling.workflow import history
from scheduling.workflow.proposals import Proposal

COPIED = ("employee_id", "shift_id", "date", "status", "priority", "notes", "source")


def newest(schedule: Schedule) -> Schedule:
    """Return the highest version of the schedule's week."""
    versions = Schedule.objects.select_related("department").filter(
        department=schedule.department_id, week_start=schedule.week_start
    )
    return versions.order_by("-version")[0]


def propose(schedule: Schedule) -> Proposal:
    errors = []
    highest = newest(schedule)
    if highest.pk != schedule.pk:
        errors = [gettext("There is already a newer version: %(schedule)s.") % {"schedule": highest}]
    elif not schedule.is_read_only:
        texts = {"schedule": schedule, "status": Schedule.Status(schedule.status).label}
        errors = [gettext("%(schedule)s is %(status)s. Change it directly: it does not need a new version.") % texts]
    count = schedule.assignments.count()
    summary = ngettext(
        "Version %(version)d will be a draft with %(count)d assignment. The present version stays unchanged until the "
        "new one is published, but from now on only the new one counts when assignments are checked.",
        "Version %(version)d will be a draft with %(count)d assignments. The present version stays unchanged until the "
        "new one is published, but from now on only the new one counts when assignments are checked.",
        count,
    )
    return Proposal(summary=summary % {"version": highest.version + 1, "count": count}, errors=errors)


def make(schedule: Schedule, user_id: int) -> Schedule:
    """Create the next version of the schedule, a draft with copies of its assignments, and return it."""
    draft = Schedule.objects.create(
        department=schedule.department,
        week_start=schedule.week_start,
        week_end=schedule.week_end,
        version=schedule.version + 1,
    )
    rows = list(schedule.assignments.all())
    # First, because an employee has each shift on each date once among the rows that are not superseded.
    schedule.assignments.update(superseded=True)
    ScheduleAssignment.objects.bulk_create(_copied(row, draft) for row in rows)
    history.write(
        user_id, [draft], ADDITION, [gettext("Created from version %(version)d.") % {"version": schedule.version}]
    )
    return draft


def restore_previous(weeks: Sequence[DepartmentWeek]) -> list[ScheduleAssignment]:
    """Let the highest remaining versions of these weeks count again, after drafts above them were deleted.

    Returns the assignments that cannot count again because the same employee, shift and date have been assigned
    elsewhere in the meantime.
    """
    highest = [
        Schedule.objects.filter(department=week.department_id, week_start=week.monday).order_by("-version").first()
        for week in dict.fromkeys(weeks)
    ]
    superseded = ScheduleAssignment.objects.filter(
        schedule__in=[schedule for schedule in highest if schedule], superseded=True
    )
    same = {name: OuterRef(name) for name in ("employee", "shift", "date")}
    taken = superseded.filter(Exists(ScheduleAssignment.objects.current().filter(**same)))
    left_out = list(taken.select_related("employee", "shift"))
    superseded.exclude(pk__in=[row.pk for row in left_out]).update(superseded=False)
    return left_out


def _copied(row: ScheduleAssignment, schedule: Schedule) -> ScheduleAssignment:
    return ScheduleAssignment(schedule=schedule, **{name: getattr(row, name) for name in COPIED})
