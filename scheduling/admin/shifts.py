from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import flatten
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import time_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from scheduling.admin.cached_pages import CachedPageMixin
from scheduling.admin.dashboard import changelist
from scheduling.admin.filters import within
from scheduling.admin.import_selected import ImportsAssignments
from scheduling.admin.known import ShiftsWithTimes
from scheduling.admin.plan_filters import DayFilter, ShiftTypeFilter, StaffingFilter
from scheduling.admin.plan_forms import ComingFormSet, ParentForm, ShiftRowForm, on_day, rows_left_out
from scheduling.admin.plan_pages import PlanPagesMixin, edited_published
from scheduling.admin.week import Days, coverage, staffing_of
from scheduling.calendar import days_from
from scheduling.exports.pages import FileExportMixin
from scheduling.imports.kinds.shifts import ShiftResource, ShiftTypeResource
from scheduling.imports.pages import FileImportMixin
from scheduling.models import ScheduleAssignment, Shift, ShiftType


def coming_days() -> list[datetime.date]:
    """Return today and the six days after it."""
    return days_from(timezone.localdate())


@admin.register(ShiftType)
class ShiftTypeAdmin(FileImportMixin, FileExportMixin, admin.ModelAdmin):
    resource_classes = [ShiftTypeResource]
    list_display = ["name", "code", "colour", "active"]
    list_filter = ["active"]
    search_fields = ["name", "code"]


class ComingInline(admin.TabularInline):
    """Who works the shift in the seven days from today on: all others are in the list of assignments."""

    model = ScheduleAssignment
    form = ShiftRowForm
    formset = ComingFormSet
    extra = 1
    show_change_link = True
    verbose_name_plural = _("assignments of the coming seven days")

    def get_formset(self, request: HttpRequest, obj: Shift | None = None, **kwargs: Any) -> Any:
        formset = edited_published(request, super().get_formset(request, obj, **kwargs))
        formset.days = coming_days()
        formset.asked_day = request.GET.get("day", "")
        return formset


@admin.register(Shift)
class ShiftAdmin(ImportsAssignments, FileImportMixin, FileExportMixin, PlanPagesMixin, CachedPageMixin):
    resource_classes = [ShiftResource]
    form = ParentForm
    delete_confirmation_template = "scheduling/shift_delete.html"
    list_display = ["name", "code", "shift_type", "department", "times", "staff", "max_staff", "active"]
    list_filter = [
        DayFilter,
        StaffingFilter,
        "active",
        ShiftTypeFilter.on("shift_type"),
        within("department"),
    ]
    list_select_related = ["shift_type", "department"]
    show_full_result_count = False
    search_fields = ["name", "code"]
    autocomplete_fields = ["shift_type", "department", "required_skills"]
    fields = [
        ("name", "code"),
        ("shift_type", "department"),
        ("start_time", "end_time", "break_minutes"),
        ("required_staff", "max_staff"),
        "required_skills",
        "active",
    ]

    @admin.display(description=_("times"), ordering="start_time")
    def times(self, shift: Shift) -> str:
        text = f"{time_format(shift.start_time, 'H:i')}–{time_format(shift.end_time, 'H:i')}"
        return gettext("%(times)s next day") % {"times": text} if shift.is_overnight else text

    @admin.display(description=_("staff"), ordering="people")
    def staff(self, shift: Any) -> str:
        return coverage(shift.people, shift.required, staffing_of(shift.people, shift.required, shift.most))

    def has_change_permission(self, request: HttpRequest, obj: Shift | None = None) -> bool:
        """Whoever plans may open a shift to plan who works it; what the shift is, is then not theirs to change."""
        plans = obj is not None and request.user.has_perm("scheduling.change_scheduleassignment")
        return plans or super().has_change_permission(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Shift | None = None) -> list[str]:
        if obj is None or super().has_change_permission(request, obj):
            return []
        return flatten(self.fields or [])

    def get_deleted_objects(
        self, objs: QuerySet[Shift] | Sequence[Shift], request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[Any]]:
        """Delete no shift that anybody was planned for: the assignments, published ones too, would go with it."""
        rows = ScheduleAssignment.objects.filter(shift__in=[shift.pk for shift in objs]).count()
        if rows:
            text = ngettext("%(count)d assignment", "%(count)d assignments", rows) % {"count": rows}
            return [], {}, set(), [text]
        return super().get_deleted_objects(objs, request)

    def get_inlines(self, request: HttpRequest, obj: Shift | None) -> list[Any]:
        return [ComingInline] if obj else []

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        for inline in context["inline_admin_formsets"]:
            formset = inline.formset
            context["days"] = Days(formset.days, formset.day, formset.rows_of_all_days)
            if formset.has_rows_to_be_read:
                context["note"] = gettext(
                    "Rows of published schedules are shown as they are: a new version changes them."
                )
            context["not_on_page"] = rows_left_out(formset.rows_to_show)
            shift = formset.instance.pk
            context["all_rows"] = changelist("scheduleassignment", shift__id__exact=shift, **on_day(formset.day))
        return super().render_change_form(request, context, *args, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        choices = self.admin_site.admin_view(ShiftsWithTimes.as_view(admin_site=self.admin_site))
        own = path("with-times/", choices, name="scheduling_shift_with_times_autocomplete")
        return [own, *super().get_urls()]
