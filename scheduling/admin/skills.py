"""Skills, which employees have and shifts require."""

from __future__ import annotations

from django.contrib import admin

from scheduling.models import Skill


@admin.register(Skill)
class SkillAdmin(admin.ModelAdmin):
    list_display = ["name", "description"]
    search_fields = ["name", "description"]
