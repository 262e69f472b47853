"""Schedules and their assignments."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db import models

from caching import InvalidatingQuerySet
from scheduling import caches
from scheduling.calendar import monday_of, sunday_of
from scheduling.models.querysets.related import rows_related
from scheduling.statuses import NOT_COUNTING

if TYPE_CHECKING:
    from scheduling.models import Schedule, ScheduleAssignment


class ScheduleQuerySet(InvalidatingQuerySet["Schedule"]):
    def for_week(self, date: datetime.date) -> ScheduleQuerySet:
        """Keep the schedules of the week, Monday to Sunday, that the date is in."""
        return self.filter(week_start=monday_of(date))

    def staffed(self, how: str) -> ScheduleQuerySet:
        """Keep the schedules that are "under", "over", "full" or "empty".

        A schedule is under if it has open shifts, and empty if no one is or was assigned. A version that a newer one
        has replaced is none of these.
        """
        own = rows_related(self.model, "assignments").filter(schedule=models.OuterRef("pk"))
        slots = own.slots()
        under = models.Q(models.Exists(own.open_shifts()))
        over = models.Q(models.Exists(slots.filter(people__gt=models.F("most"))))
        full = models.Q(models.Exists(slots)) & ~under & ~over
        return self.filter({"under": under, "over": over, "full": full, "empty": ~models.Exists(own)}[how])

    def with_replaced(self) -> ScheduleQuerySet:
        """Add `replaced`: whether the schedule has assignments that a newer version has superseded."""
        own = rows_related(self.model, "assignments").filter(schedule=models.OuterRef("pk"))
        return self.annotate(replaced=models.Exists(own.filter(superseded=True)))


class ScheduleAssignmentQuerySet(InvalidatingQuerySet["ScheduleAssignment"]):
    def counting(self) -> ScheduleAssignmentQuerySet:
        """Leave out declined, cancelled and superseded assignments, which never count towards anything."""
        return self.current().exclude(status__in=NOT_COUNTING)

    def current(self) -> ScheduleAssignmentQuerySet:
        """Leave out what a newer version of its schedule has superseded."""
        return self.filter(superseded=False)

    def slots(self) -> Any:
        """Return a dict for each schedule, shift and day to which anyone is or was assigned.

        It has the `people` of these assignments who count, the `required` ones and the `most` that fit (None for no
        limit). Superseded assignments never count, so a version that a newer one has replaced has no slots.
        """
        counting = models.Count("pk", filter=~models.Q(status__in=NOT_COUNTING))
        limits = {"required": models.F("shift__required_staff"), "most": models.F("shift__max_staff")}
        rows: Any = self.current().order_by().values("schedule", "shift", "date", **limits)
        return rows.annotate(people=counting)

    def open_shifts(self) -> Any:
        """Keep the slots with fewer people than required, also those whose people have all declined or been cancelled.

        This is the only place that says what an open shift is. A shift to which no one was ever assigned on a day is
        not open, because a shift does not say on which days it takes place.
        """
        return self.slots().filter(people__lt=models.F("required"))

    def for_week(self, date: datetime.date) -> ScheduleAssignmentQuerySet:
        """Keep the assignments that start in the week, Monday to Sunday, that the date is in."""
        return self.filter(date__range=(monday_of(date), sunday_of(date)))


# Named because mypy follows `from_queryset` only in an assignment.
_ScheduleFilters = models.Manager.from_queryset(ScheduleQuerySet)
_ScheduleAssignmentFilters = models.Manager.from_queryset(ScheduleAssignmentQuerySet)


class ScheduleManager(_ScheduleFilters):
    def get_by_id(self, schedule_id: int) -> Schedule | None:
        return caches.SCHEDULE_BY_ID.get(schedule_id)

    def of_department(self, department_id: int) -> Sequence[Schedule]:
        """Return the weeks of one department in all versions, the newest first: rows, not a queryset."""
        return caches.SCHEDULES_OF_DEPARTMENT.get(department_id)

    def pending(self) -> Sequence[Schedule]:
        """Return the first schedules that wait for approval, the earliest week first: rows, not a queryset."""
        return caches.pending_schedules(self.model)


class ScheduleAssignmentManager(_ScheduleAssignmentFilters):
    def for_schedule(self, schedule_id: int) -> Sequence[ScheduleAssignment]:
        """Return the rows of one schedule by date; empty if there is no such schedule."""
        return caches.SCHEDULE_ASSIGNMENTS.get(schedule_id)

    async def afor_schedule(self, schedule_id: int) -> Sequence[ScheduleAssignment]:
        return await caches.SCHEDULE_ASSIGNMENTS.aget(schedule_id)

    def coming_for(self, employee_id: int, today: datetime.date) -> Sequence[ScheduleAssignment]:
        """Return an employee's next assignments from a date on, with shift, schedule and department.

        At most `caches.MAX_COMING`.
        """
        return caches.coming_assignments(employee_id, today, self.model)  # type: ignore[arg-type]
