from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from scheduling.admin.cached_pages import CachedPageMixin
from scheduling.admin.lists import TreeChangeList, complete_name
from scheduling.admin.rule_form import RuleForm
from scheduling.admin.switches import switch, tell
from scheduling.exports.pages import FileExportMixin
from scheduling.imports.kinds.rules import RuleResource
from scheduling.imports.pages import FileImportMixin
from scheduling.models import Rule
from scheduling.models.parameters import summary

PARAMETERS: list[Any] = [
    (_("When"), {"fields": ["weekdays", ("start", "end")]}),
    (_("Which shifts"), {"fields": ["shift_types", "shifts"]}),
    (_("Which skills"), {"fields": ["skills"]}),
    (
        _("How much"),
        {
            "fields": [
                ("max_hours_per_week", "max_hours_per_day"),
                "max_shifts_per_week",
                "max_overtime_hours_per_week",
                "max_days",
                "min_hours",
            ]
        },
    ),
]


@admin.register(Rule)
class RuleAdmin(FileImportMixin, FileExportMixin, CachedPageMixin):
    resource_classes = [RuleResource]
    form = RuleForm
    list_display = ["name", "kind", "applies_to", "limits", "strict", "in_effect", "priority", "active"]
    list_filter = ["active", "strict", "kind", "scope"]
    list_select_related = ["department", "employee"]
    search_fields = ["name", "description", "department__name", "employee__last_name", "employee__first_name"]
    autocomplete_fields = ["department", "employee"]
    actions = ["activate", "deactivate"]
    radio_fields = {"scope": admin.HORIZONTAL}
    fieldsets = [
        (None, {"fields": ["name", "kind", "description", ("strict", "active"), "priority"]}),
        (_("Applies to"), {"fields": ["scope", "department", "employee", ("effective_from", "effective_until")]}),
        *PARAMETERS,
    ]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[TreeChangeList]:
        return TreeChangeList

    def get_fieldsets(self, request: HttpRequest, obj: Rule | None = None) -> Any:
        """Show the parameters in words to those who may only look: they are no fields of the model."""
        may_edit = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        if may_edit:
            return self.fieldsets
        return [*self.fieldsets[: -len(PARAMETERS)], (_("Limits"), {"fields": ["limits"]})]

    def get_readonly_fields(self, request: HttpRequest, obj: Rule | None = None) -> Any:
        return ["limits"]

    @admin.display(description=_("applies to"), ordering="scope")
    def applies_to(self, rule: Rule) -> str:
        if rule.scope == Rule.Scope.DEPARTMENT:
            return format_html("{} <span class='quiet'>{}</span>", complete_name(rule), _("and below"))
        return str(rule.employee) if rule.scope == Rule.Scope.EMPLOYEE else rule.get_scope_display()

    @admin.display(description=_("limits"))
    def limits(self, rule: Rule) -> str:
        return summary(rule.parameters) or gettext("always")

    @admin.display(description=_("in effect"), ordering="effective_from")
    def in_effect(self, rule: Rule) -> str:
        first, last = (
            date_format(day, "SHORT_DATE_FORMAT") if day else "" for day in (rule.effective_from, rule.effective_until)
        )
        told = {"first": first, "last": last}
        if first and last:
            return gettext("%(first)s to %(last)s") % told
        if first:
            return gettext("from %(first)s") % told
        return gettext("until %(last)s") % told if last else gettext("always")

    @admin.action(description=_("Activate selected rules"), permissions=["change"])
    def activate(self, request: HttpRequest, queryset: QuerySet[Rule]) -> None:
        count = switch(request, queryset, "active", True, gettext("Activated."))
        tell(self, request, ngettext("%(count)d rule activated.", "%(count)d rules activated.", count), count)

    @admin.action(description=_("Deactivate selected rules"), permissions=["change"])
    def deactivate(self, request: HttpRequest, queryset: QuerySet[Rule]) -> None:
        count = switch(request, queryset, "active", False, gettext("Deactivated."))
        tell(self, request, ngettext("%(count)d rule deactivated.", "%(count)d rules deactivated.", count), count)
