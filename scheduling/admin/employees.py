"""Employees: the list with their departments and skills, and the page that shows what is coming up for each."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from scheduling.admin.plan.selected_imports import ImportsAssignments
from scheduling.admin.shared.archiving import report_count, set_active
from scheduling.admin.shared.cached_pages import CachedPageMixin
from scheduling.admin.shared.choices import EmployeeChoicesView
from scheduling.admin.shared.filters import SkillFilter, SubtreeFilter
from scheduling.admin.shared.guarded_fields import GuardedFieldsMixin
from scheduling.admin.shared.row_pages import RowPagesMixin
from scheduling.admin.shared.tree_lists import TreeChangeList, complete_name
from scheduling.exports.pages import FileExportMixin
from scheduling.imports.kinds.employees import EmployeeResource
from scheduling.imports.pages import FileImportMixin
from scheduling.models import Employee, Notification, ScheduleAssignment


@admin.register(Employee)
class EmployeeAdmin(
    ImportsAssignments, FileImportMixin, FileExportMixin, GuardedFieldsMixin, RowPagesMixin, CachedPageMixin
):
    """Employees are archived and never deleted: their assignments are the record of who worked when."""

    resource_classes = [EmployeeResource]
    list_display = ["last_name", "first_name", "place", "role", "is_active", "skill_names", "address"]
    list_display_links = ["last_name", "first_name"]
    list_filter = ["is_active", SubtreeFilter.on("department"), "employment_type", SkillFilter]
    search_fields = ["last_name", "first_name", "email", "employee_number", "role"]
    autocomplete_fields = ["department", "skills", "user"]
    actions = ["archive", "restore", *ImportsAssignments.actions]
    readonly_fields = ["next_shifts", "unread_notifications"]
    fieldsets = [
        (None, {"fields": ["employee_number", ("first_name", "last_name"), "email", "phone", "is_active", "user"]}),
        (_("Work"), {"fields": ["department", "role", "skills"]}),
        (
            _("Contract"),
            {"fields": ["employment_type", ("hire_date", "end_date"), "max_hours_per_week", "hourly_rate"]},
        ),
    ]

    class Media:
        css = {"all": ["scheduling/panels.css"]}

    # -- the list ----------------------------------------------------------------------------------------------------

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[TreeChangeList]:
        return EmployeeChangeList

    @admin.display(description=_("department"), ordering="department__name")
    def place(self, employee: Employee) -> SafeString:
        return complete_name(employee)

    @admin.display(description=_("skills"))
    def skill_names(self, employee: Employee) -> str:
        return ", ".join(skill.name for skill in employee.skills.all())

    @admin.display(description=_("e-mail"), ordering="email")
    def address(self, employee: Employee) -> SafeString:
        """Let a line break after the @, where an address is too long for its column."""
        name, at, host = (employee.email or "").partition("@")
        return format_html("{}{}<wbr>{}", name, at, host)

    # -- the form ----------------------------------------------------------------------------------------------------

    def get_fieldsets(self, request: HttpRequest, obj: Employee | None = None) -> Any:
        """Add what is coming up for the employee, as far as the user may see it."""
        panels = [
            name
            for name, model in (("next_shifts", "scheduleassignment"), ("unread_notifications", "notification"))
            if obj is not None and request.user.has_perm(f"scheduling.view_{model}")
        ]
        fieldsets = super().get_fieldsets(request, obj)
        return [*fieldsets, (_("Coming up"), {"fields": panels})] if panels else fieldsets

    @admin.display(description=_("next shifts"))
    def next_shifts(self, employee: Employee) -> SafeString:
        assignments = ScheduleAssignment.objects.coming_for(employee.pk, timezone.localdate())
        return render_to_string("scheduling/employee_coming.html", {"employee": employee, "assignments": assignments})

    @admin.display(description=_("unread notifications"))
    def unread_notifications(self, employee: Employee) -> SafeString:
        notifications = Notification.objects.unread_for(employee.pk)
        return render_to_string("scheduling/employee_unread.html", {"notifications": notifications})

    def get_urls(self) -> list[URLPattern]:
        choices = self.admin_site.admin_view(EmployeeChoicesView.as_view(admin_site=self.admin_site))
        own = path("to-plan/", choices, name="scheduling_employee_to_plan_autocomplete")
        return [own, *super().get_urls()]

    # -- archiving ---------------------------------------------------------------------------------------------------

    def has_delete_permission(self, request: HttpRequest, obj: Employee | None = None) -> bool:
        return False

    @admin.action(description=_("Archive selected employees"), permissions=["change"])
    def archive(self, request: HttpRequest, queryset: QuerySet[Employee]) -> None:
        count = set_active(request, queryset, False, gettext("Archived."), field="is_active")
        text = ngettext("%(count)d employee archived.", "%(count)d employees archived.", count)
        report_count(self, request, text, count)

    @admin.action(description=_("Restore selected employees"), permissions=["change"])
    def restore(self, request: HttpRequest, queryset: QuerySet[Employee]) -> None:
        count = set_active(request, queryset, True, gettext("Restored."), field="is_active")
        text = ngettext("%(count)d employee restored.", "%(count)d employees restored.", count)
        report_count(self, request, text, count)


class EmployeeChangeList(TreeChangeList):
    """Employees with their skills, which take one query for all rows."""

    def get_queryset(self, request: HttpRequest, *args: Any, **kwargs: Any) -> QuerySet[Employee]:
        return super().get_queryset(request, *args, **kwargs).prefetch_related("skills")
