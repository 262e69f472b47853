"""Skills, which employees have and shifts require."""

from __future__ import annotations

from django.contrib import admin

from scheduling.admin.shared.row_pages import RowPagesMixin
from scheduling.models import Skill


@admin.register(Skill)
class SkillAdmin(RowPagesMixin):
    list_display = ["name", "description"]
    search_fields = ["name", "description"]
