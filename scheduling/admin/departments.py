"""Departments: the list in the order of the tree, and the page that shows what is below and inside each of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import Case, Count, Q, QuerySet, Value, When
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from scheduling.admin.shared.archiving import report_count, set_active
from scheduling.admin.shared.cached_pages import CachedPageMixin
from scheduling.admin.shared.filters import SubtreeFilter
from scheduling.admin.shared.row_pages import RowPagesMixin
from scheduling.admin.shared.tree_lists import DepartmentChangeList, complete_name
from scheduling.exports.pages import FileExportMixin
from scheduling.imports.kinds.departments import DepartmentResource
from scheduling.imports.pages import FileImportMixin
from scheduling.models import Department, Employee, Rule, Schedule, Shift

MAX_PEOPLE = 30
"""The page of a department names this many people and links to the list of all of them."""


@admin.register(Department)
class DepartmentAdmin(FileImportMixin, FileExportMixin, RowPagesMixin, CachedPageMixin):
    """Once anything refers to a department, it is archived instead of deleted."""

    resource_classes = [DepartmentResource]
    delete_confirmation_template = "scheduling/department_delete.html"
    list_display = ["complete_name", "code", "manager", "people", "people_in_all", "active"]
    list_filter = ["active", SubtreeFilter.on("pk")]
    list_select_related = ["manager"]
    search_fields = ["name", "code"]
    search_help_text = _("Searches the complete name and the code.")
    autocomplete_fields = ["parent", "manager"]
    actions = ["archive", "restore"]
    readonly_fields = ["place", "staff"]
    fieldsets = [
        (None, {"fields": [("name", "code"), "parent", "manager", "description", "active"]}),
        (_("In the tree"), {"fields": ["place"]}),
        (_("People"), {"fields": ["staff"]}),
    ]

    class Media:
        css = {"all": ["scheduling/panels.css"]}

    # -- the list ----------------------------------------------------------------------------------------------------

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[DepartmentChangeList]:
        return DepartmentChangeList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Department]:
        places = [When(pk=node.id, then=Value(place)) for place, node in enumerate(Department.objects.tree())]
        # Without any department there is no WHEN, which a CASE of SQL needs.
        position = Case(*places, default=Value(len(places))) if places else Value(0)
        return super().get_queryset(request).annotate(tree_position=position)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Department], search_term: str
    ) -> tuple[QuerySet[Department], bool]:
        """Search the complete name and the code for every word, so that "kitchen pastry" finds one of many pastries."""
        words = search_term.casefold().split()
        if not words:
            return queryset, False
        texts = {node.id: f"{node.complete_name} {node.code}".casefold() for node in Department.objects.tree()}
        found = [pk for pk, text in texts.items() if all(word in text for word in words)]
        return queryset.filter(pk__in=found), False

    @admin.display(description=_("department"), ordering="tree_position")
    def complete_name(self, department: Department) -> SafeString:
        return complete_name(department)

    @admin.display(description=_("people"))
    def people(self, department: Department) -> int:
        return department.people  # type: ignore[attr-defined]

    @admin.display(description=_("with subdepartments"))
    def people_in_all(self, department: Department) -> int:
        return department.people_in_all  # type: ignore[attr-defined]

    # -- archiving ---------------------------------------------------------------------------------------------------

    def get_actions(self, request: HttpRequest, action_location: Any = None) -> dict[str, Any]:
        # Django 6.1 and later pass the page on which the actions are offered.
        actions: dict[str, Any] = super().get_actions(request, *filter(None, [action_location]))
        actions.pop("delete_selected", None)
        return actions

    @admin.action(description=_("Archive selected departments"), permissions=["change"])
    def archive(self, request: HttpRequest, queryset: QuerySet[Department]) -> None:
        """Refuse departments that still have people, in the words of the model. Two queries for any number of rows."""
        selected = list(queryset.filter(active=True).annotate(staff=Count("employees", Q(employees__is_active=True))))
        for department in selected:
            if department.staff:
                self.message_user(request, department.why_still_needed(department.staff), messages.ERROR)
        empty = [department.pk for department in selected if not department.staff]
        count = set_active(request, Department.objects.filter(pk__in=empty), False, gettext("Archived."))
        text = ngettext("%(count)d department archived.", "%(count)d departments archived.", count)
        report_count(self, request, text, count)

    @admin.action(description=_("Restore selected departments"), permissions=["change"])
    def restore(self, request: HttpRequest, queryset: QuerySet[Department]) -> None:
        count = set_active(request, queryset, True, gettext("Restored."))
        text = ngettext("%(count)d department restored.", "%(count)d departments restored.", count)
        report_count(self, request, text, count)

    def get_deleted_objects(
        self, objs: QuerySet[Department] | Sequence[Department], request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[Any]]:
        """Say what refers to the departments: nothing is deleted along with them, not even schedules."""
        if referring := references(objs):
            return [], {}, set(), referring
        return super().get_deleted_objects(objs, request)

    # -- the form ----------------------------------------------------------------------------------------------------

    def get_fieldsets(self, request: HttpRequest, obj: Department | None = None) -> Any:
        """Leave out the panels of a new department, and its people for users who may not see people."""
        fieldsets = list(super().get_fieldsets(request, obj))
        if obj is None:
            return fieldsets[:1]
        return fieldsets if request.user.has_perm("scheduling.view_employee") else fieldsets[:2]

    @admin.display(description=_("position"))
    def place(self, department: Department) -> SafeString:
        tree = Department.objects.tree()
        by_id = {node.id: node for node in tree}
        children = [node for node in tree if node.parent_id == department.pk]
        return render_to_string(
            "scheduling/department_place.html", {"node": by_id.get(department.pk), "children": children}
        )

    @admin.display(description=_("staff"))
    def staff(self, department: Department) -> SafeString:
        people = [person for person in Employee.objects.of_department(department.pk) if person.is_active]
        hierarchy = Department.objects.get_with_hierarchy(department.pk)
        context = {
            "department": department,
            "people": people[:MAX_PEOPLE],
            "more": max(0, len(people) - MAX_PEOPLE),
            "in_all": hierarchy.total_head_count if hierarchy else 0,
        }
        return render_to_string("scheduling/department_people.html", context)


def references(departments: Iterable[Department]) -> list[str]:
    """Return in words what refers to the departments: ["3 departments below", "12 employees"]."""
    pks = [department.pk for department in departments]
    below = Department.objects.filter(parent__in=pks).exclude(pk__in=pks).count()
    people = Employee.objects.filter(department__in=pks).count()
    shifts = Shift.objects.filter(department__in=pks).count()
    schedules = Schedule.objects.filter(department__in=pks).count()
    rules = Rule.objects.filter(department__in=pks).count()
    counts = [
        (below, ngettext("%(count)d subdepartment", "%(count)d subdepartments", below)),
        (people, ngettext("%(count)d employee", "%(count)d employees", people)),
        (shifts, ngettext("%(count)d shift", "%(count)d shifts", shifts)),
        (schedules, ngettext("%(count)d schedule", "%(count)d schedules", schedules)),
        (rules, ngettext("%(count)d rule", "%(count)d rules", rules)),
    ]
    return [text % {"count": count} for count, text in counts if count]
