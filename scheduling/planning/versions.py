"""New versions of a week. The rows of the version before stay as they were, and count towards nothing any more."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.admin.models import ADDITION
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext, ngettext

from scheduling.models import Schedule, ScheduleAssignment
from scheduling.planning import history
from scheduling.planning.proposals import Proposal

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
        errors = [gettext("There is a newer version already: %(schedule)s.") % {"schedule": highest}]
    elif not schedule.is_read_only:
        told = {"schedule": schedule, "status": Schedule.Status(schedule.status).label}
        errors = [gettext("%(schedule)s is %(status)s: change it as it is.") % told]
    count = schedule.assignments.count()
    summary = ngettext(
        "Version %(version)d will be a draft with %(count)d assignment. This version stays as it is until the new one "
        "is published; from now on planning is judged by the new one.",
        "Version %(version)d will be a draft with %(count)d assignments. This version stays as it is until the new one "
        "is published; from now on planning is judged by the new one.",
        count,
    )
    return Proposal(summary=summary % {"version": highest.version + 1, "count": count}, errors=errors)


def make(schedule: Schedule, user_id: int) -> Schedule:
    """Make the next version of the schedule, a draft with copies of its assignments; return it."""
    copy = Schedule.objects.create(
        department=schedule.department,
        week_start=schedule.week_start,
        week_end=schedule.week_end,
        version=schedule.version + 1,
    )
    rows = list(schedule.assignments.all())
    # First, or the copies would be second rows of the same people, shifts and dates.
    schedule.assignments.update(superseded=True)
    ScheduleAssignment.objects.bulk_create(copied(row, copy) for row in rows)
    told = gettext("Made from version %(version)d.") % {"version": schedule.version}
    history.write(user_id, [copy], ADDITION, [told])
    return copy


def copied(row: ScheduleAssignment, schedule: Schedule) -> ScheduleAssignment:
    return ScheduleAssignment(schedule=schedule, **{name: getattr(row, name) for name in COPIED})


def restore_before(weeks: Sequence[tuple[int, object]]) -> list[ScheduleAssignment]:
    """Let the highest versions of these weeks (department, Monday) count again, after drafts above them were deleted.

    Returns the assignments that cannot: somebody has planned the same person, shift and date elsewhere meanwhile.
    """
    tops = [
        Schedule.objects.filter(department=department, week_start=monday).order_by("-version").first()
        for department, monday in dict.fromkeys(weeks)
    ]
    superseded = ScheduleAssignment.objects.filter(schedule__in=[top for top in tops if top], superseded=True)
    same = {name: OuterRef(name) for name in ("employee", "shift", "date")}
    taken = superseded.filter(Exists(ScheduleAssignment.objects.current().filter(**same)))
    left = list(taken.select_related("employee", "shift"))
    superseded.exclude(pk__in=[row.pk for row in left]).update(superseded=False)
    return left
