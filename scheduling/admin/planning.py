from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from scheduling.exports.admin import FileExportMixin
from scheduling.imports.admin import FileImportMixin
from scheduling.imports.assignments import AssignmentResource
from scheduling.models import Department, Schedule, ScheduleAssignment


@admin.register(Schedule)
class ScheduleAdmin(admin.ModelAdmin):
    list_display = ["department", "week_start", "week_end", "version", "status"]
    list_filter = ["status", "department"]
    search_fields = ["department__name", "department__code"]
    date_hierarchy = "week_start"
    autocomplete_fields = ["department"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Schedule]:
        # Here and not in list_select_related: the autocomplete of assignments shows the department of each row too.
        return super().get_queryset(request).select_related("department")


@admin.register(ScheduleAssignment)
class ScheduleAssignmentAdmin(FileImportMixin, FileExportMixin, admin.ModelAdmin):
    resource_classes = [AssignmentResource]
    list_display = ["employee", "shift", "date", "department", "status", "priority", "source"]
    list_filter = ["status", "source", "shift", "schedule__department"]
    list_select_related = ["employee", "shift", "schedule__department"]
    search_fields = [
        "employee__last_name",
        "employee__first_name",
        "employee__email",
        "employee__employee_number",
        "shift__name",
    ]
    date_hierarchy = "date"
    autocomplete_fields = ["schedule", "employee", "shift"]
    readonly_fields = ["created_at", "updated_at"]

    @admin.display(description=_("department"), ordering="schedule__department__name")
    def department(self, assignment: ScheduleAssignment) -> Department:
        return assignment.schedule.department
