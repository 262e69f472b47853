"""Types of shifts, and shifts."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.db import models
from django.db.models.functions import Coalesce

from caching import InvalidatingQuerySet
from scheduling import caches
from scheduling.models.querysets.related import rows_related
from scheduling.statuses import NOT_COUNTING

if TYPE_CHECKING:
    from scheduling.models import Shift, ShiftType


class ShiftTypeQuerySet(InvalidatingQuerySet["ShiftType"]):
    def in_use(self) -> ShiftTypeQuerySet:
        """Keep the active ones. Not called `active`, which is the cached read of the manager."""
        return self.filter(active=True)


class ShiftQuerySet(InvalidatingQuerySet["Shift"]):
    def active(self) -> ShiftQuerySet:
        return self.filter(active=True)

    def with_staff_on(self, date: datetime.date) -> ShiftQuerySet:
        """Add the staff of each shift on a day: `people`, `required` and `most` (null for no limit) of all departments.

        Each department that works the shift on the day needs its own staff, also one whose people have all declined
        or been cancelled. Where no department works it, one would.
        """
        assignments = rows_related(self.model, "assignments").current()
        by_shift = assignments.filter(shift=models.OuterRef("pk"), date=date).order_by().values("shift")
        counting = models.Count("pk", filter=~models.Q(status__in=NOT_COUNTING))
        people = by_shift.annotate(found=counting).values("found")
        departments = by_shift.annotate(found=models.Count("schedule__department", distinct=True)).values("found")
        teams = Coalesce(models.Subquery(departments), 1)
        return self.annotate(
            people=Coalesce(models.Subquery(people), 0),
            required=models.F("required_staff") * teams,
            most=models.F("max_staff") * teams,
        )

    def staffed(self, how: str) -> ShiftQuerySet:
        """Keep, after `with_staff_on`, the shifts that are "under", "full" or "over"."""
        under, over = models.Q(people__lt=models.F("required")), models.Q(people__gt=models.F("most"))
        # Where the limit is null, "not over" would be null too.
        full = ~under & (models.Q(most=None) | models.Q(people__lte=models.F("most")))
        return self.filter({"under": under, "over": over, "full": full}[how])


# Named because mypy follows `from_queryset` only in an assignment.
_ShiftTypeFilters = models.Manager.from_queryset(ShiftTypeQuerySet)
_ShiftFilters = models.Manager.from_queryset(ShiftQuerySet)


class ShiftTypeManager(_ShiftTypeFilters):
    def active(self) -> Sequence[ShiftType]:
        """Return the active shift types by name: rows, not a queryset (that is `in_use()`)."""
        return caches.active_shift_types(self.model)

    async def aactive(self) -> Sequence[ShiftType]:
        return await caches.active_shift_types.acall(self.model)


class ShiftManager(_ShiftFilters):
    def get_by_id(self, shift_id: int) -> Shift | None:
        return caches.SHIFT_BY_ID.get(shift_id)

    def list_all(self) -> Sequence[Shift]:
        """Return the shifts by name: rows, not a queryset."""
        return caches.all_shifts(self.model)

    def get_by_name(self, name: str) -> Shift | None:
        """Return the shift with exactly this name, or None."""
        return caches.SHIFT_BY_NAME.get(name)

    async def aget_by_name(self, name: str) -> Shift | None:
        return await caches.SHIFT_BY_NAME.aget(name)
