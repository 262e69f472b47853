from __future__ import annotations

import datetime
from collections.abc import Sequence
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import IS_POPUP_VAR
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from scheduling.admin import acts
from scheduling.admin.dashboard import changelist
from scheduling.admin.filters import within
from scheduling.admin.plan_filters import StaffingFilter, WeekFilter
from scheduling.admin.plan_forms import ParentForm, WeekFormSet, WeekRowForm, day_of, on_day, rows_left_out, week_of
from scheduling.admin.plan_pages import PlanPagesMixin, edited_published, may_plan, read_only_note
from scheduling.admin.week import Days, Week, totals
from scheduling.calendar import DepartmentWeek
from scheduling.exports.admin import FileExportMixin
from scheduling.imports.admin import FileImportMixin
from scheduling.imports.schedules import ScheduleResource
from scheduling.models import Schedule, ScheduleAssignment
from scheduling.workflow import copying, steps, versions
from scheduling.workflow.steps import STEPS, Step

IDENTITY = ("department", "week", "version", "status")


class WeekInline(admin.TabularInline):
    """The assignments of a schedule, checked together."""

    model = ScheduleAssignment
    form = WeekRowForm
    formset = WeekFormSet
    extra = 1
    show_change_link = True

    def get_formset(self, request: HttpRequest, obj: Schedule | None = None, **kwargs: Any) -> Any:
        formset = edited_published(request, super().get_formset(request, obj, **kwargs))
        formset.day = day_shown(request, obj) if obj else None
        return formset

    def has_add_permission(self, request: HttpRequest, obj: Schedule | None = None) -> bool:
        return super().has_add_permission(request, obj) and may_plan(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Schedule | None = None) -> bool:
        return super().has_change_permission(request, obj) and may_plan(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Schedule | None = None) -> bool:
        return super().has_delete_permission(request, obj) and may_plan(request, obj)


def day_shown(request: HttpRequest, schedule: Schedule) -> datetime.date | None:
    rows = len(ScheduleAssignment.objects.for_schedule(schedule.pk))
    return day_of(request.GET.get("day", ""), week_of(schedule), rows, timezone.localdate())


class ScheduleList(ChangeList):
    """The list with the coverage of its page, in one query."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        schedules = list(self.result_list)
        for schedule, text in zip(schedules, self._coverage(schedules), strict=True):
            schedule.coverage = text
        self.result_list = schedules

    def _coverage(self, schedules: Sequence[Schedule]) -> list[str]:
        found = totals(schedules)
        return [found.get(schedule.pk, gettext("nobody planned")) for schedule in schedules]


@admin.register(Schedule)
class ScheduleAdmin(FileImportMixin, FileExportMixin, PlanPagesMixin):
    resource_classes = [ScheduleResource]
    form = ParentForm
    list_display = ["department", "week", "version", "status", "coverage"]
    list_filter = [WeekFilter.on("week_start"), "status", StaffingFilter, within("department")]
    search_fields = ["department__name", "department__code"]
    date_hierarchy = "week_start"
    show_full_result_count = False
    autocomplete_fields = ["department"]
    readonly_fields = ["status"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Schedule]:
        # Here and not in list_select_related: the autocomplete of assignments shows the department of each row too.
        return super().get_queryset(request).select_related("department")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ScheduleList

    @admin.display(description=_("week"), ordering="week_start")
    def week(self, schedule: Schedule) -> str:
        first, last = (date_format(day, "SHORT_DATE_FORMAT") for day in (schedule.week_start, schedule.week_end))
        return gettext("%(first)s to %(last)s") % {"first": first, "last": last}

    @admin.display(description=_("coverage"))
    def coverage(self, schedule: Any) -> str:
        return str(schedule.coverage)

    # -- the page of one schedule ------------------------------------------------------------------------------------

    def get_readonly_fields(self, request: HttpRequest, obj: Schedule | None = None) -> list[str]:
        # Another week or department would be another plan, in which none of the assignments was judged.
        return [*self.readonly_fields, *IDENTITY] if obj else self.readonly_fields

    def get_fields(self, request: HttpRequest, obj: Schedule | None = None) -> list[Any]:
        return [IDENTITY] if obj else ["department", ("week_start", "week_end"), "version"]

    def get_inlines(self, request: HttpRequest, obj: Schedule | None) -> list[Any]:
        # Which days there are to plan is known once the week is saved.
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
            context |= self._about(request, obj)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def _about(self, request: HttpRequest, schedule: Schedule) -> dict[str, Any]:
        assignments = ScheduleAssignment.objects.for_schedule(schedule.pk)
        days, day = week_of(schedule), day_shown(request, schedule)
        on_page = [row for row in assignments if day in (None, row.date)]
        return {
            "week": Week(days, assignments),
            "days": Days(days, day, len(assignments)),
            "note": read_only_note(request, schedule),
            "not_on_page": rows_left_out(len(on_page)),
            "all_rows": changelist("scheduleassignment", schedule__id__exact=schedule.pk, **on_day(day)),
            "tools": list(self._tools(request, schedule)),
        }

    def _tools(self, request: HttpRequest, schedule: Schedule) -> Any:
        """Yield address and label of what the user may do with the schedule as it is."""
        for step in STEPS.values():
            if schedule.status in step.before and request.user.has_perm(step.permission):
                yield self._page_of(step.name, schedule), step.label
        if schedule.is_read_only and self.has_new_version_permission(request):
            yield self._page_of("new_version", schedule), _("New version")
        if self.has_copy_permission(request):
            yield self._page_of("copy", schedule), _("Copy to next week")

    def why_read_only(self, request: HttpRequest, object_id: str) -> str:
        schedule = Schedule.objects.get_by_id(int(object_id)) if object_id.isdecimal() else None
        if schedule is None or may_plan(request, schedule) or not super().has_change_permission(request):
            return ""
        return read_only_note(request, schedule)

    # -- permissions -------------------------------------------------------------------------------------------------

    def has_change_permission(self, request: HttpRequest, obj: Schedule | None = None) -> bool:
        return super().has_change_permission(request, obj) and may_plan(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Schedule | None = None) -> bool:
        """What was published is a record: it is archived, and nobody deletes it."""
        published = obj is not None and obj.is_read_only
        return super().has_delete_permission(request, obj) and not published

    def has_copy_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("scheduling.copy_schedule")

    def has_new_version_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("scheduling.new_version_schedule")

    # -- drafts that are deleted -------------------------------------------------------------------------------------

    def delete_model(self, request: HttpRequest, obj: Schedule) -> None:
        super().delete_model(request, obj)
        self._restore(request, [obj.week])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Schedule]) -> None:
        with transaction.atomic():
            weeks = [schedule.week for schedule in queryset]
            super().delete_queryset(request, queryset)
            self._restore(request, weeks)

    def _restore(self, request: HttpRequest, weeks: list[DepartmentWeek]) -> None:
        left = versions.restore_previous(weeks)
        if left:
            text = ngettext(
                "An assignment of the version before is planned elsewhere by now, and does not count again: %(rows)s.",
                "Assignments of the version before are planned elsewhere by now, and do not count again: %(rows)s.",
                len(left),
            )
            self.message_user(request, text % {"rows": "; ".join(map(str, left))}, messages.WARNING)

    # -- what is done with schedules ---------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        acts_of_one = {
            **{step.name: partial(self._step, step=step) for step in STEPS.values()},
            "new_version": self._new_version,
            "copy": self._copy,
        }
        own = [
            path(
                f"<int:object_id>/{name}/",
                self.admin_site.admin_view(partial(self._act_of_one, act=act)),
                name=f"scheduling_schedule_{name}",
            )
            for name, act in acts_of_one.items()
        ]
        return [*own, *super().get_urls()]

    def get_actions(self, request: HttpRequest, action_location: Any = None) -> dict[str, Any]:
        """Add what the user may do with several schedules at once: on their list, not on a form of Django 6.1."""
        actions: dict[str, Any] = super().get_actions(request, *filter(None, [action_location]))
        if IS_POPUP_VAR in request.GET or (action_location and action_location.value != "CHANGE_LIST"):
            return actions
        for step in STEPS.values():
            if request.user.has_perm(step.permission):
                actions[step.name] = (partial(ScheduleAdmin._step, step=step), step.name, step.label)
        if self.has_copy_permission(request):
            actions["copy"] = (ScheduleAdmin._copy, "copy", _("Copy to next week"))
        return actions

    def _act_of_one(self, request: HttpRequest, object_id: int, act: Any) -> HttpResponse:
        schedule = self.get_object(request, str(object_id))
        if schedule is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(object_id))
        if not self.has_view_permission(request, schedule):
            raise PermissionDenied
        rows = self.get_queryset(request).filter(pk=schedule.pk)
        answer = act(request, rows, back=self._page_of("change", schedule))
        return answer or HttpResponseRedirect(self._page_of("change", schedule))

    def _step(
        self, request: HttpRequest, queryset: QuerySet[Schedule], *, step: Step, back: str = ""
    ) -> HttpResponse | None:
        if not request.user.has_perm(step.permission):
            raise PermissionDenied
        with transaction.atomic():
            schedules = self._locked(queryset)
            proposal = steps.propose(step, schedules)
            if acts.is_wanted(request, proposal):
                steps.take(step, schedules, acts.user_id(request))
                self.message_user(request, proposal.done)
                return None
        return acts.page(self, request, schedules, proposal, step.label, back or self._list())

    def _copy(self, request: HttpRequest, queryset: QuerySet[Schedule], *, back: str = "") -> HttpResponse | None:
        if not self.has_copy_permission(request):
            raise PermissionDenied
        with transaction.atomic():
            schedules = self._locked(queryset)
            copy = copying.prepare(schedules)
            if acts.is_wanted(request, copy.proposal):
                copying.carry_out(copy, acts.user_id(request))
                self.message_user(request, copy.proposal.done)
                return None
        return acts.page(self, request, schedules, copy.proposal, _("Copy to next week"), back or self._list())

    def _new_version(self, request: HttpRequest, queryset: QuerySet[Schedule], *, back: str) -> HttpResponse:
        if not self.has_new_version_permission(request):
            raise PermissionDenied
        with transaction.atomic():
            (schedule,) = schedules = self._locked(queryset)
            proposal = versions.propose(schedule)
            if acts.is_wanted(request, proposal):
                version = versions.make(schedule, acts.user_id(request))
                self.message_user(request, gettext("This is the new version. Publish it when it is ready."))
                return HttpResponseRedirect(self._page_of("change", version))
        return acts.page(self, request, schedules, proposal, _("New version"), back)

    def _locked(self, queryset: QuerySet[Schedule]) -> list[Schedule]:
        return list(queryset.select_for_update(of=("self",)).order_by("week_start", "pk"))

    def _page_of(self, page: str, schedule: Schedule) -> str:
        return reverse(f"admin:scheduling_schedule_{page}", args=[schedule.pk], current_app=self.admin_site.name)

    def _list(self) -> str:
        return reverse("admin:scheduling_schedule_changelist", current_app=self.admin_site.name)
