from __future__ import annotations

from django.contrib import admin

from scheduling.imports.admin import FileImportMixin
from scheduling.imports.rules import RuleResource
from scheduling.models import Rule


@admin.register(Rule)
class RuleAdmin(FileImportMixin, admin.ModelAdmin):
    resource_classes = [RuleResource]
    list_display = ["name", "kind", "scope", "department", "employee", "strict", "priority", "active"]
    list_filter = ["active", "strict", "kind", "scope"]
    list_select_related = ["department", "employee"]
    search_fields = ["name", "description"]
    autocomplete_fields = ["department", "employee"]
