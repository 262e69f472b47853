"""Schedules: the list with the coverage of each week, and the page on which a week is planned."""

from __future__ import annotations

import datetime
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from scheduling.admin.plan.access import may_plan, read_only_note
from scheduling.admin.plan.assignment_forms import ParentForm, WeekRowForm
from scheduling.admin.plan.days import DayTabs, day_lookup, day_to_show, week_of
from scheduling.admin.plan.filters import WeekFilter, WeekStaffingFilter
from scheduling.admin.plan.formsets import WeekFormSet, for_user, rows_left_out
from scheduling.admin.plan.pages import PlanPagesMixin
from scheduling.admin.plan.staffing import coverage_by_schedule
from scheduling.admin.plan.week_table import WeekTable
from scheduling.admin.plan.workflow_pages import WorkflowPagesMixin
from scheduling.admin.shared.filters import SubtreeFilter
from scheduling.admin.shared.links import changelist_url
from scheduling.attention import schedule_findings
from scheduling.calendar import DepartmentWeek
from scheduling.exports.pages import FileExportMixin
from scheduling.fields import key_from
from scheduling.imports.kinds.schedules import ScheduleResource
from scheduling.imports.pages import FileImportMixin
from scheduling.models import Schedule, ScheduleAssignment
from scheduling.workflow import versions
from scheduling.workflow.locks import lock_schedules

IDENTITY = ("department", "week", "version", "status")


class WeekInline(admin.TabularInline):
    """The assignments of a schedule, checked together."""

    model = ScheduleAssignment
    form = WeekRowForm
    formset = WeekFormSet
    extra = 1
    show_change_link = True

    def get_formset(self, request: HttpRequest, obj: Schedule | None = None, **kwargs: Any) -> Any:
        formset = for_user(request, super().get_formset(request, obj, **kwargs))
        formset.day = day_shown(request, obj) if obj else None
        return formset

    def has_add_permission(self, request: HttpRequest, obj: Schedule | None = None) -> bool:
        return super().has_add_permission(request, obj) and may_plan(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Schedule | None = None) -> bool:
        return super().has_change_permission(request, obj) and may_plan(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Schedule | None = None) -> bool:
        return super().has_delete_permission(request, obj) and may_plan(request, obj)


def day_shown(request: HttpRequest, schedule: Schedule) -> datetime.date | None:
    """Return the day that the page of a schedule shows; None for the whole week."""
    rows = len(ScheduleAssignment.objects.for_schedule(schedule.pk))
    return day_to_show(request.GET.get("day", ""), week_of(schedule), rows, timezone.localdate())


class ScheduleChangeList(ChangeList):
    """The list with the coverage of the schedules on its page, in one query."""

    def get_queryset(self, request: HttpRequest, *args: Any, **kwargs: Any) -> QuerySet[Schedule]:
        rows: Any = super().get_queryset(request, *args, **kwargs)
        return rows.with_replaced()

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        schedules = list(self.result_list)
        coverages = coverage_by_schedule(schedules)
        for schedule in schedules:
            found = coverages.get(schedule.pk)
            nobody = gettext("replaced by a newer version") if schedule.replaced else gettext("no one assigned")
            schedule.coverage = found.text if found else nobody
            schedule.open_shifts = found.open_shifts if found else 0
        self.result_list = schedules


@admin.register(Schedule)
class ScheduleAdmin(WorkflowPagesMixin, FileImportMixin, FileExportMixin, PlanPagesMixin):
    resource_classes = [ScheduleResource]
    form = ParentForm
    list_display = ["department", "week", "version", "status", "coverage", "open_shifts"]
    list_filter = [WeekFilter.on("week_start"), "status", WeekStaffingFilter, SubtreeFilter.on("department")]
    search_fields = ["department__name", "department__code"]
    date_hierarchy = "week_start"
    show_full_result_count = False
    autocomplete_fields = ["department"]
    readonly_fields = ["status"]

    # -- the list ----------------------------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Schedule]:
        # Not in list_select_related: the autocomplete of assignments shows the department of each row too.
        return super().get_queryset(request).select_related("department")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ScheduleChangeList

    @admin.display(description=_("week"), ordering="week_start")
    def week(self, schedule: Schedule) -> str:
        first, last = (date_format(day, "SHORT_DATE_FORMAT") for day in (schedule.week_start, schedule.week_end))
        return gettext("%(first)s to %(last)s") % {"first": first, "last": last}

    @admin.display(description=_("coverage"))
    def coverage(self, schedule: Any) -> str:
        return str(schedule.coverage)

    @admin.display(description=_("open shifts"))
    def open_shifts(self, schedule: Any) -> int:
        return int(schedule.open_shifts)

    # -- the page of one schedule ------------------------------------------------------------------------------------

    def get_readonly_fields(self, request: HttpRequest, obj: Schedule | None = None) -> list[str]:
        # In another week or department the assignments would be part of another plan, for which no one checked them.
        return [*self.readonly_fields, *IDENTITY] if obj else self.readonly_fields

    def get_fields(self, request: HttpRequest, obj: Schedule | None = None) -> list[Any]:
        return [IDENTITY] if obj else ["department", ("week_start", "week_end"), "version"]

    def get_inlines(self, request: HttpRequest, obj: Schedule | None) -> list[Any]:
        # The days to plan are known once the week is saved.
        return [WeekInline] if obj else []

    def response_add(self, request: HttpRequest, obj: Schedule, post_url_continue: str | None = None) -> HttpResponse:
        """Go on to the page on which the week is planned, as after "Save and continue editing"."""
        if "_addanother" not in request.POST and "_popup" not in request.POST:
            data = request.POST.copy()
            data["_continue"] = "1"
            request.POST = data  # type: ignore[assignment]
        return super().response_add(request, obj, post_url_continue)

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Schedule | None = None,
    ) -> Any:
        if obj is not None:
            context |= self._plan_context(request, obj)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def _plan_context(self, request: HttpRequest, schedule: Schedule) -> dict[str, Any]:
        assignments = ScheduleAssignment.objects.for_schedule(schedule.pk)
        days, day = week_of(schedule), day_shown(request, schedule)
        archived = schedule.status == Schedule.Status.ARCHIVED
        may_see = request.user.has_perm("scheduling.view_scheduleassignment")
        on_page = [row for row in assignments if day in (None, row.date)]
        return {
            "week": WeekTable(days, assignments),
            "days": DayTabs(days, day, len(assignments)),
            # Nobody acts on what is archived.
            "findings": schedule_findings(schedule.pk) if may_see and not archived else None,
            "note": read_only_note(request, schedule),
            "not_on_page": rows_left_out(len(on_page)),
            "all_rows": changelist_url("scheduleassignment", schedule__id__exact=schedule.pk, **day_lookup(day)),
            "buttons": list(self.workflow_buttons(request, schedule)),
        }

    def lock(self, object_id: int) -> None:
        lock_schedules([object_id])

    def can_add_again(self, request: HttpRequest) -> bool:
        return False  # the form of a new schedule has no rows

    def why_read_only(self, request: HttpRequest, object_id: str) -> str:
        key = key_from(object_id)
        schedule = Schedule.objects.get_by_id(key) if key is not None else None
        if schedule is None or may_plan(request, schedule) or not super().has_change_permission(request):
            return ""
        return read_only_note(request, schedule)

    # -- permissions -------------------------------------------------------------------------------------------------

    def has_change_permission(self, request: HttpRequest, obj: Schedule | None = None) -> bool:
        return super().has_change_permission(request, obj) and may_plan(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Schedule | None = None) -> bool:
        """A schedule that was published is a record: it is archived, and never deleted."""
        published = obj is not None and obj.is_read_only
        return super().has_delete_permission(request, obj) and not published

    # -- drafts that are deleted -------------------------------------------------------------------------------------

    def delete_model(self, request: HttpRequest, obj: Schedule) -> None:
        super().delete_model(request, obj)
        self._restore_version_before(request, [obj.week])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Schedule]) -> None:
        with transaction.atomic():
            weeks = [schedule.week for schedule in queryset]
            super().delete_queryset(request, queryset)
            self._restore_version_before(request, weeks)

    def _restore_version_before(self, request: HttpRequest, weeks: list[DepartmentWeek]) -> None:
        """Let the version before the deleted one count again, and name its assignments that cannot."""
        left = versions.restore_previous(weeks)
        if left:
            text = ngettext(
                "One assignment of the previous version is not restored, because the employee is now assigned "
                "elsewhere: %(rows)s.",
                "Some assignments of the previous version are not restored, because the employees are now assigned "
                "elsewhere: %(rows)s.",
                len(left),
            )
            self.message_user(request, text % {"rows": "; ".join(map(str, left))}, messages.WARNING)
