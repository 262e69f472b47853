"""Who may change which schedule, and the sentence that says why not."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import gettext

from scheduling.models import Schedule

EDIT_PUBLISHED = "scheduling.change_published_schedule"


def may_edit_published(request: HttpRequest) -> bool:
    return request.user.has_perm(EDIT_PUBLISHED)


def may_plan(request: HttpRequest, schedule: Schedule | None) -> bool:
    """Whether the user may change what is in the schedule.

    A published schedule takes a permission; one that a newer version has replaced is never changed.
    """
    if schedule is None or not schedule.is_read_only:
        return True
    return may_edit_published(request) and not has_newer_version(schedule)


def has_newer_version(schedule: Schedule) -> bool:
    """Whether there is a newer version of the schedule's week. A cached read."""
    schedules = Schedule.objects.of_department(schedule.department_id)
    return any(other.week_start == schedule.week_start and other.version > schedule.version for other in schedules)


def read_only_note(request: HttpRequest, schedule: Schedule) -> str:
    """Return why the page of a schedule is read-only, or what changes entail; "" for a schedule in planning."""
    if not schedule.is_read_only:
        return ""
    if has_newer_version(schedule):
        return gettext("This version has been replaced by a newer one and can no longer be changed.")
    status = {"status": Schedule.Status(schedule.status).label}
    if may_edit_published(request):
        return gettext("This schedule is %(status)s. People are notified of every change.") % status
    return gettext("This schedule is %(status)s and cannot be changed. Make a new version to change it.") % status
