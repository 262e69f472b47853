"""What needs attention, for the first page of the admin. All of it comes from cached reads."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser, User
from django.urls import reverse

from scheduling.admin.shared.links import changelist_url
from scheduling.admin.shared.users import employee_of
from scheduling.attention import schedule_states
from scheduling.calendar import WEEK, monday_of, sunday_of
from scheduling.models import Department, Notification, Schedule
from scheduling.statuses import ScheduleState

MAX_SCHEDULES = 8
"""Of one week, the schedules with the most problems; a link leads to all of them."""
MAX_PENDING = 5
MAX_UNREAD = 5


@dataclass(frozen=True, kw_only=True)
class ScheduleEntry:
    """A schedule in the summary of its week."""

    department: str
    state: ScheduleState
    status: str
    """In words."""

    @property
    def schedule_url(self) -> str:
        return reverse("admin:scheduling_schedule_change", args=[self.state.id])

    @property
    def assignments_url(self) -> str:
        return changelist_url("scheduleassignment", schedule__id__exact=self.state.id)


@dataclass(frozen=True, kw_only=True)
class WeekSummary:
    """The schedules of one week that need attention."""

    monday: datetime.date
    entries: Sequence[ScheduleEntry]
    """Schedules that need attention, those with the most problems first."""
    schedules: int
    """How many schedules the week has."""

    @property
    def sunday(self) -> datetime.date:
        return sunday_of(self.monday)

    @property
    def shown(self) -> Sequence[ScheduleEntry]:
        return self.entries[:MAX_SCHEDULES]

    @property
    def more(self) -> int:
        return max(0, len(self.entries) - MAX_SCHEDULES)

    @property
    def url(self) -> str:
        return changelist_url("schedule", week_start__exact=self.monday)

    @property
    def open_shifts(self) -> int:
        return sum(entry.state.open_shifts for entry in self.entries)

    @property
    def missing_people(self) -> int:
        return sum(entry.state.missing_people for entry in self.entries)

    @property
    def errors(self) -> int:
        return sum(entry.state.errors for entry in self.entries)

    @property
    def warnings(self) -> int:
        return sum(entry.state.warnings for entry in self.entries)


@dataclass(frozen=True, kw_only=True)
class PendingSchedules:
    """The schedules that await approval."""

    schedules: Sequence[tuple[Schedule, str]]
    """With the complete names of their departments."""

    @property
    def shown(self) -> Sequence[tuple[Schedule, str]]:
        return self.schedules[:MAX_PENDING]

    @property
    def more(self) -> int:
        return max(0, len(self.schedules) - MAX_PENDING)

    @property
    def url(self) -> str:
        return changelist_url("schedule", status__exact=Schedule.Status.PENDING.value)


@dataclass(frozen=True, kw_only=True)
class Attention:
    """What needs the attention of one user. None means: not for this user; empty: nothing to do."""

    weeks: Sequence[WeekSummary] | None
    """This week and the next."""
    pending: PendingSchedules | None
    unread: Sequence[Notification] | None

    @property
    def is_for_anyone(self) -> bool:
        return not (self.weeks is None and self.pending is None and self.unread is None)

    @property
    def unread_shown(self) -> Sequence[Notification]:
        return (self.unread or ())[:MAX_UNREAD]


def attention_of(user: User, today: datetime.date) -> Attention:
    """Return what needs the attention of a user. Once it is cached, the only queries are those for permissions."""
    names = {node.id: node.complete_name for node in Department.objects.tree()}
    sees_schedules = user.has_perm("scheduling.view_schedule")
    sees_plans = sees_schedules and user.has_perm("scheduling.view_scheduleassignment")
    return Attention(
        weeks=list(_weeks(today, names)) if sees_plans else None,
        pending=_pending(names) if sees_schedules else None,
        unread=unread_of(user),
    )


def unread_of(user: AbstractBaseUser | AnonymousUser) -> Sequence[Notification] | None:
    """Return the unread notifications of the employee who logs in as this user; None if the user is not an employee."""
    employee = employee_of(user)
    return Notification.objects.unread_for(employee.pk) if employee else None


def _weeks(today: datetime.date, names: dict[int, str]) -> Iterator[WeekSummary]:
    monday = monday_of(today)
    states = schedule_states(monday)
    for start in (monday, monday + WEEK):
        own = [state for state in states if state.week_start == start]
        yield WeekSummary(monday=start, entries=_entries(own, names), schedules=len(own))


def _entries(states: Iterable[ScheduleState], names: dict[int, str]) -> list[ScheduleEntry]:
    worst_first = sorted(
        (state for state in states if state.needs_attention),
        key=lambda state: (-state.errors, -state.missing_people, -state.warnings, state.id),
    )
    return [
        ScheduleEntry(
            department=names.get(state.department_id, ""),
            state=state,
            status=str(Schedule.Status(state.status).label),
        )
        for state in worst_first
    ]


def _pending(names: dict[int, str]) -> PendingSchedules:
    return PendingSchedules(
        schedules=[(schedule, names.get(schedule.department_id, "")) for schedule in Schedule.objects.pending()]
    )
