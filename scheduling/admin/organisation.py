from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from scheduling.exports.admin import FileExportMixin
from scheduling.imports.admin import FileImportMixin
from scheduling.imports.departments import DepartmentResource
from scheduling.imports.employees import EmployeeResource
from scheduling.models import Department, Employee, Skill


@admin.register(Skill)
class SkillAdmin(admin.ModelAdmin):
    list_display = ["name", "description"]
    search_fields = ["name", "description"]


@admin.register(Department)
class DepartmentAdmin(FileImportMixin, FileExportMixin, admin.ModelAdmin):
    resource_classes = [DepartmentResource]
    list_display = ["name", "code", "parent", "manager", "active"]
    list_filter = ["active"]
    list_select_related = ["parent", "manager"]
    search_fields = ["name", "code"]
    autocomplete_fields = ["parent", "manager"]


@admin.register(Employee)
class EmployeeAdmin(FileImportMixin, FileExportMixin, admin.ModelAdmin):
    """People are archived, not deleted: their assignments are the record of who worked when."""

    resource_classes = [EmployeeResource]
    list_display = ["last_name", "first_name", "employee_number", "email", "department", "role", "is_active"]
    list_display_links = ["last_name", "first_name"]
    list_filter = ["is_active", "employment_type", "department"]
    list_select_related = ["department"]
    search_fields = ["last_name", "first_name", "email", "employee_number", "role"]
    autocomplete_fields = ["department", "skills", "user"]
    actions = ["archive", "restore"]
    fieldsets = [
        (None, {"fields": ["employee_number", ("first_name", "last_name"), "email", "phone", "is_active", "user"]}),
        (_("Work"), {"fields": ["department", "role", "skills"]}),
        (
            _("Contract"),
            {"fields": ["employment_type", ("hire_date", "end_date"), "max_hours_per_week", "hourly_rate"]},
        ),
    ]

    def has_delete_permission(self, request: HttpRequest, obj: Employee | None = None) -> bool:
        return False

    @admin.action(description=_("Archive selected employees"), permissions=["change"])
    def archive(self, request: HttpRequest, queryset: QuerySet[Employee]) -> None:
        count = set_active(queryset, False)
        text = ngettext("%(count)d employee archived.", "%(count)d employees archived.", count) % {"count": count}
        self.message_user(request, text, messages.SUCCESS if count else messages.WARNING)

    @admin.action(description=_("Restore selected employees"), permissions=["change"])
    def restore(self, request: HttpRequest, queryset: QuerySet[Employee]) -> None:
        count = set_active(queryset, True)
        text = ngettext("%(count)d employee restored.", "%(count)d employees restored.", count) % {"count": count}
        self.message_user(request, text, messages.SUCCESS if count else messages.WARNING)


def set_active(employees: QuerySet[Employee], active: bool) -> int:
    """Return how many of them were changed; those that already are as wanted are left alone.

    Updates by primary key, so that the cache drops these rows and not every cached employee.
    """
    ids = list(employees.order_by().filter(is_active=not active).values_list("pk", flat=True))
    return Employee.objects.filter(pk__in=ids).update(is_active=active)
