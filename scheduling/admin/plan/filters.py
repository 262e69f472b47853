"""Filters of the lists of schedules, assignments and shifts. Their choices come from cached reads: no queries."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from scheduling.admin.plan.days import day_name, next_seven_days
from scheduling.admin.shared.filters import PathFilter
from scheduling.calendar import MONDAY_TO_SUNDAY, WEEK, monday_of
from scheduling.fields import key_from
from scheduling.models import ShiftType

STAFFING = [("under", _("Under")), ("full", _("Full")), ("over", _("Over"))]


class WeekFilter(PathFilter):
    """Last week, this week and the next, Monday to Sunday, in the time zone of the site."""

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


class ShiftTypeFilter(PathFilter):
    title = _("shift type")
    parameter_name = "shift_type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(str(row.pk), str(row)) for row in ShiftType.objects.active()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        key = key_from(self.value() or "")
        return queryset.filter(**{self.path: key}) if key is not None else queryset


class DefaultChoiceFilter(admin.SimpleListFilter):
    """A filter that is never off: in place of "All" it offers a default."""

    def default_label(self) -> str:
        raise NotImplementedError

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        first, *others = super().choices(changelist)
        yield {**first, "display": self.default_label()}
        yield from others


class VersionFilter(DefaultChoiceFilter):
    """Assignments that count, by default; those that newer versions have superseded are shown on request."""

    title = _("version")
    parameter_name = "version"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("superseded", _("Superseded")), ("all", _("All"))]

    def default_label(self) -> str:
        return gettext("Current")

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "all":
            return queryset
        return queryset.filter(superseded=self.value() == "superseded")


class DayFilter(DefaultChoiceFilter):
    """The day on which a list of shifts counts people: today, or one of the six days after it."""

    title = _("staff on")
    parameter_name = "day"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        _today, *days = next_seven_days()
        return [(day.isoformat(), day_name(day)) for day in days]

    def default_label(self) -> str:
        return gettext("Today")

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Any]:
        days = {value: datetime.date.fromisoformat(value) for value, _label in self.lookup_choices}
        return queryset.with_staff_on(days.get(self.value() or "", timezone.localdate()))


class StaffingFilter(admin.SimpleListFilter):
    """Shifts by the people whom `DayFilter`, which comes first, has counted."""

    title = _("staffing")
    parameter_name = "staffing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return STAFFING

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Any]:
        value = self.value()
        return queryset.staffed(value) if value in dict(self.lookup_choices) else queryset


class WeekStaffingFilter(StaffingFilter):
    """Schedules by their whole week. Those with open shifts are "under"."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [*STAFFING, ("empty", _("No one assigned"))]
