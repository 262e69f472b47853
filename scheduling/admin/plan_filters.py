"""Filters of the lists of schedules, assignments and shifts. What they offer comes out of cached reads: no queries."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from scheduling.calendar import MONDAY_TO_SUNDAY, WEEK, monday_of
from scheduling.models import ShiftType


class FieldFilter(admin.SimpleListFilter):
    """A filter by a path, which each list names by `on`."""

    path: ClassVar[str]

    @classmethod
    def on(cls, path: str) -> type[FieldFilter]:
        return type(cls.__name__, (cls,), {"path": path})


class WeekFilter(FieldFilter):
    """This week and the next, Monday to Sunday, by the clock of the site."""

    title = _("week")
    parameter_name = "week"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("last", _("Last week")), ("this", _("This week")), ("next", _("Next week"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        weeks = {"last": -WEEK, "this": 0 * WEEK, "next": WEEK}
        value = self.value()
        if value not in weeks:
            return queryset
        monday = monday_of(timezone.localdate()) + weeks[value]
        return queryset.filter(**{f"{self.path}__range": (monday, monday + MONDAY_TO_SUNDAY)})


class ShiftTypeFilter(FieldFilter):
    title = _("shift type")
    parameter_name = "shift_type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(str(row.pk), str(row)) for row in ShiftType.objects.active()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value() or ""
        return queryset.filter(**{self.path: int(value)}) if value.isdecimal() else queryset


class VersionFilter(admin.SimpleListFilter):
    """The plan as it is. What newer versions have superseded is shown when it is asked for."""

    title = _("version")
    parameter_name = "version"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("superseded", _("Superseded")), ("all", _("All"))]

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        first, *others = super().choices(changelist)
        yield {**first, "display": gettext("Current")}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "all":
            return queryset
        return queryset.filter(superseded=self.value() == "superseded")


STAFFING = [("under", _("Under")), ("full", _("Full")), ("over", _("Over"))]


class DayFilter(admin.SimpleListFilter):
    """The day on which a list of shifts counts people: today, or one of the six days after it."""

    title = _("staff on")
    parameter_name = "day"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        today = timezone.localdate()
        days = [today + datetime.timedelta(days=number) for number in range(1, 7)]
        return [(day.isoformat(), date_format(day, gettext("D j M"))) for day in days]

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        first, *others = super().choices(changelist)
        yield {**first, "display": gettext("Today")}
        yield from others

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Any]:
        chosen = {value: datetime.date.fromisoformat(value) for value, _label in self.lookup_choices}
        return queryset.with_staff_on(chosen.get(self.value() or "", timezone.localdate()))


class StaffingFilter(admin.SimpleListFilter):
    """Schedules by their whole week; shifts by the people that `DayFilter`, which comes first, has counted."""

    title = _("staffing")
    parameter_name = "staffing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return STAFFING

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Any]:
        value = self.value()
        return queryset.staffed(value) if value in dict(STAFFING) else queryset
