from __future__ import annotations

from django.contrib import admin

from scheduling.models import Rule


@admin.register(Rule)
class RuleAdmin(admin.ModelAdmin):
    list_display = ["name", "kind", "scope", "department", "employee", "strict", "priority", "active"]
    list_filter = ["active", "strict", "kind", "scope"]
    list_select_related = ["department", "employee"]
    search_fields = ["name", "description"]
    autocomplete_fields = ["department", "employee"]
