"""Shifts: the list with the staff of a day, and the page on which people are assigned to a shift."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import flatten
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils.formats import time_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from scheduling.admin.plan.assignment_forms import ParentForm, ShiftRowForm
from scheduling.admin.plan.days import DayTabs, day_lookup, next_seven_days
from scheduling.admin.plan.filters import DayFilter, ShiftTypeFilter, StaffingFilter
from scheduling.admin.plan.formsets import UpcomingFormSet, for_user, rows_left_out
from scheduling.admin.plan.pages import PlanPagesMixin
from scheduling.admin.plan.selected_imports import ImportsAssignments
from scheduling.admin.plan.staffing import coverage, staffing_of
from scheduling.admin.shared.cached_pages import CachedPageMixin
from scheduling.admin.shared.choices import ShiftChoicesView
from scheduling.admin.shared.filters import SubtreeFilter
from scheduling.admin.shared.links import changelist_url
from scheduling.exports.pages import FileExportMixin
from scheduling.imports.kinds.shifts import ShiftResource
from scheduling.imports.pages import FileImportMixin
from scheduling.models import ScheduleAssignment, Shift


class UpcomingInline(admin.TabularInline):
    """Who works the shift today and in the six days after. The other assignments are in the list of assignments."""

    model = ScheduleAssignment
    form = ShiftRowForm
    formset = UpcomingFormSet
    extra = 1
    show_change_link = True
    verbose_name_plural = _("assignments in the next seven days")

    def get_formset(self, request: HttpRequest, obj: Shift | None = None, **kwargs: Any) -> Any:
        formset = for_user(request, super().get_formset(request, obj, **kwargs))
        formset.days = next_seven_days()
        formset.requested_day = request.GET.get("day", "")
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
        SubtreeFilter.on("department"),
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
        """Planners may open a shift to assign people to it; the fields of the shift itself are read-only for them."""
        plans = obj is not None and request.user.has_perm("scheduling.change_scheduleassignment")
        return plans or super().has_change_permission(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Shift | None = None) -> list[str]:
        if obj is None or super().has_change_permission(request, obj):
            return []
        return flatten(self.fields or [])

    def get_deleted_objects(
        self, objs: QuerySet[Shift] | Sequence[Shift], request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[Any]]:
        """Refuse to delete a shift with assignments, which would be deleted along with it, published ones too."""
        rows = ScheduleAssignment.objects.filter(shift__in=[shift.pk for shift in objs]).count()
        if rows:
            text = ngettext("%(count)d assignment", "%(count)d assignments", rows) % {"count": rows}
            return [], {}, set(), [text]
        return super().get_deleted_objects(objs, request)

    def get_inlines(self, request: HttpRequest, obj: Shift | None) -> list[Any]:
        return [UpcomingInline] if obj else []

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        for inline in context["inline_admin_formsets"]:
            formset = inline.formset
            context["days"] = DayTabs(formset.days, formset.day, formset.rows_of_all_days)
            if formset.has_read_only_rows:
                context["note"] = gettext(
                    "Rows of published schedules are read-only. Make a new version of the schedule to change them."
                )
            context["not_on_page"] = rows_left_out(formset.rows_to_show)
            lookups = {"shift__id__exact": formset.instance.pk, **day_lookup(formset.day)}
            context["all_rows"] = changelist_url("scheduleassignment", **lookups)
        return super().render_change_form(request, context, *args, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        choices = self.admin_site.admin_view(ShiftChoicesView.as_view(admin_site=self.admin_site))
        own = path("with-times/", choices, name="scheduling_shift_with_times_autocomplete")
        return [own, *super().get_urls()]
