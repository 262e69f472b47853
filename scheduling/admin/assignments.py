"""Assignments: who works which shift on which day. Their list, their form, and the actions that cancel them."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from scheduling.admin.plan.access import may_edit_published, may_plan, read_only_note
from scheduling.admin.plan.assignment_forms import AssignmentForm
from scheduling.admin.plan.filters import ShiftTypeFilter, VersionFilter, WeekFilter
from scheduling.admin.plan.pages import PlanPagesMixin, stored_assignments
from scheduling.admin.plan.proposal_pages import is_confirmed, proposal_page
from scheduling.admin.plan.selected_imports import SelectedImportMixin
from scheduling.admin.shared.cached_pages import CachedChoicesMixin
from scheduling.admin.shared.filters import SubtreeFilter
from scheduling.admin.shared.users import user_id
from scheduling.exports.pages import FileExportMixin
from scheduling.models import Department, Schedule, ScheduleAssignment
from scheduling.workflow import cancelling
from scheduling.workflow.locks import lock_schedules_of, locked
from scheduling.workflow.messages import Change, notify_of_changes


@admin.register(ScheduleAssignment)
class ScheduleAssignmentAdmin(SelectedImportMixin, FileExportMixin, PlanPagesMixin, CachedChoicesMixin):
    form = AssignmentForm
    list_display = ["employee", "shift", "date", "department", "status", "priority", "source"]
    list_filter = [
        WeekFilter.on("date"),
        "status",
        SubtreeFilter.on("schedule__department"),
        ShiftTypeFilter.on("shift__shift_type"),
        VersionFilter,
        "source",
    ]
    search_fields = [
        "employee__last_name",
        "employee__first_name",
        "employee__email",
        "employee__employee_number",
        "shift__name",
    ]
    date_hierarchy = "date"
    show_full_result_count = False
    autocomplete_fields = ["schedule", "employee", "shift"]
    readonly_fields = ["created_at", "updated_at"]
    actions = ["cancel", "reactivate"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ScheduleAssignment]:
        # Not in list_select_related: whether an assignment may be changed depends on its schedule.
        return super().get_queryset(request).select_related("employee", "shift", "schedule__department")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        form.may_edit_published = may_edit_published(request)
        return form

    @admin.display(description=_("department"), ordering="schedule__department__name")
    def department(self, assignment: ScheduleAssignment) -> Department:
        return assignment.schedule.department

    # -- permissions -------------------------------------------------------------------------------------------------

    def has_change_permission(self, request: HttpRequest, obj: ScheduleAssignment | None = None) -> bool:
        return super().has_change_permission(request, obj) and _is_open(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: ScheduleAssignment | None = None) -> bool:
        return super().has_delete_permission(request, obj) and _is_open(request, obj)

    def lock(self, object_id: int) -> None:
        lock_schedules_of([object_id])

    def why_read_only(self, request: HttpRequest, object_id: str) -> str:
        assignment = self.get_object(request, object_id)
        if assignment is None or _is_open(request, assignment) or not super().has_change_permission(request):
            return ""
        return read_only_note(request, assignment.schedule)

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(cancelling.ACTIONS["cancel"].permission)

    def has_reactivate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(cancelling.ACTIONS["reactivate"].permission)

    # -- changes, and the messages about them ------------------------------------------------------------------------

    def save_model(self, request: HttpRequest, obj: ScheduleAssignment, form: Any, change: bool) -> None:
        before = stored_assignments([obj.pk]).get(obj.pk) if change else None
        super().save_model(request, obj, form, change)
        notify_of_changes([Change(before, obj)])

    def delete_model(self, request: HttpRequest, obj: ScheduleAssignment) -> None:
        notify_of_changes([Change(obj, None)])
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ScheduleAssignment]) -> None:
        with transaction.atomic():
            rows = queryset.select_related("employee", "shift", "schedule")
            notify_of_changes([Change(row, None) for row in rows])
            super().delete_queryset(request, queryset)

    @admin.action(description=_("Cancel selected assignments"), permissions=["cancel"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[ScheduleAssignment]) -> HttpResponse | None:
        return self._turn(request, queryset, cancelling.ACTIONS["cancel"])

    @admin.action(description=_("Reactivate selected assignments"), permissions=["reactivate"])
    def reactivate(self, request: HttpRequest, queryset: QuerySet[ScheduleAssignment]) -> HttpResponse | None:
        return self._turn(request, queryset, cancelling.ACTIONS["reactivate"])

    def _turn(
        self, request: HttpRequest, queryset: QuerySet[ScheduleAssignment], turn: cancelling.Action
    ) -> HttpResponse | None:
        with transaction.atomic():
            lock_schedules_of(queryset.values_list("pk", flat=True))
            rows = sorted(locked(queryset), key=attrgetter("date", "pk"))
            turned = cancelling.prepare(turn, rows, may_edit_published(request))
            if is_confirmed(request, turned.proposal, rows):
                cancelling.carry_out(turned, user_id(request))
                self.message_user(request, turned.proposal.done)
                return None
        back = reverse("admin:scheduling_scheduleassignment_changelist")
        return proposal_page(self, request, rows, turned.proposal, turn.label, back)


def _is_open(request: HttpRequest, assignment: ScheduleAssignment | None) -> bool:
    """Whether the user may change an assignment, as far as its schedule is concerned."""
    if assignment is None:
        return True
    # A cached read, because the page that deletes a schedule asks this of each of its assignments.
    schedule = Schedule.objects.get_by_id(assignment.schedule_id)
    return not assignment.superseded and may_plan(request, schedule)
