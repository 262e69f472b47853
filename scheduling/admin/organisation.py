from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from scheduling.admin.cached_pages import CachedPageMixin
from scheduling.admin.filters import SkillFilter, within
from scheduling.admin.import_selected import ImportsAssignments
from scheduling.admin.known import PeopleToPlan
from scheduling.admin.lists import TreeChangeList, complete_name
from scheduling.admin.switches import switch, tell
from scheduling.exports.pages import FileExportMixin
from scheduling.imports.kinds.employees import EmployeeResource
from scheduling.imports.pages import FileImportMixin
from scheduling.models import Employee, Notification, ScheduleAssignment, Skill


@admin.register(Skill)
class SkillAdmin(admin.ModelAdmin):
    list_display = ["name", "description"]
    search_fields = ["name", "description"]


@admin.register(Employee)
class EmployeeAdmin(ImportsAssignments, FileImportMixin, FileExportMixin, CachedPageMixin):
    """People are archived, not deleted: their assignments are the record of who worked when."""

    resource_classes = [EmployeeResource]
    list_display = ["last_name", "first_name", "place", "role", "is_active", "skilled", "employee_number", "email"]
    list_display_links = ["last_name", "first_name"]
    list_filter = ["is_active", within("department"), "employment_type", SkillFilter]
    search_fields = ["last_name", "first_name", "email", "employee_number", "role"]
    autocomplete_fields = ["department", "skills", "user"]
    actions = ["archive", "restore", *ImportsAssignments.actions]
    readonly_fields = ["coming", "unread"]
    fieldsets = [
        (None, {"fields": ["employee_number", ("first_name", "last_name"), "email", "phone", "is_active", "user"]}),
        (_("Work"), {"fields": ["department", "role", "skills"]}),
        (
            _("Contract"),
            {"fields": ["employment_type", ("hire_date", "end_date"), "max_hours_per_week", "hourly_rate"]},
        ),
    ]

    class Media:
        css = {"all": ["scheduling/lists.css"]}

    # -- the list ----------------------------------------------------------------------------------------------------

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[TreeChangeList]:
        return EmployeeChangeList

    @admin.display(description=_("department"), ordering="department__name")
    def place(self, employee: Employee) -> SafeString:
        return complete_name(employee)

    @admin.display(description=_("skills"))
    def skilled(self, employee: Employee) -> str:
        return ", ".join(skill.name for skill in employee.skills.all())

    # -- the form ----------------------------------------------------------------------------------------------------

    def get_fieldsets(self, request: HttpRequest, obj: Employee | None = None) -> Any:
        """Show what is coming up beside what is stored, as far as the user may see it."""
        panels = [
            name
            for name, model in (("coming", "scheduleassignment"), ("unread", "notification"))
            if obj is not None and request.user.has_perm(f"scheduling.view_{model}")
        ]
        return [*self.fieldsets, (_("Coming up"), {"fields": panels})] if panels else self.fieldsets

    @admin.display(description=_("next shifts"))
    def coming(self, employee: Employee) -> SafeString:
        coming = ScheduleAssignment.objects.coming_for(employee.pk, timezone.localdate())
        return render_to_string("scheduling/employee_coming.html", {"employee": employee, "assignments": coming})

    @admin.display(description=_("unread notifications"))
    def unread(self, employee: Employee) -> SafeString:
        unread = Notification.objects.unread_for(employee.pk)
        return render_to_string("scheduling/employee_unread.html", {"notifications": unread})

    def get_urls(self) -> list[URLPattern]:
        people = self.admin_site.admin_view(PeopleToPlan.as_view(admin_site=self.admin_site))
        own = path("to-plan/", people, name="scheduling_employee_to_plan_autocomplete")
        return [own, *super().get_urls()]

    # -- archiving ---------------------------------------------------------------------------------------------------

    def has_delete_permission(self, request: HttpRequest, obj: Employee | None = None) -> bool:
        return False

    @admin.action(description=_("Archive selected employees"), permissions=["change"])
    def archive(self, request: HttpRequest, queryset: QuerySet[Employee]) -> None:
        count = switch(request, queryset, "is_active", False, gettext("Archived."))
        tell(self, request, ngettext("%(count)d employee archived.", "%(count)d employees archived.", count), count)

    @admin.action(description=_("Restore selected employees"), permissions=["change"])
    def restore(self, request: HttpRequest, queryset: QuerySet[Employee]) -> None:
        count = switch(request, queryset, "is_active", True, gettext("Restored."))
        tell(self, request, ngettext("%(count)d employee restored.", "%(count)d employees restored.", count), count)


class EmployeeChangeList(TreeChangeList):
    """Employees with their skills, of all rows in one query."""

    def get_queryset(self, request: HttpRequest, *args: Any, **kwargs: Any) -> QuerySet[Employee]:
        return super().get_queryset(request, *args, **kwargs).prefetch_related("skills")
