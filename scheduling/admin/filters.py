"""Filters of lists whose choices are cached: they cost a list no query."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from scheduling.models import Department, Skill

INDENT = "\u2003"


class SubtreeFilter(admin.SimpleListFilter):
    """Rows of a department and of all departments below it."""

    title = _("department and below")
    parameter_name = "within"
    path: ClassVar[str]
    """From the rows of the list to their department: "schedule__department"."""

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [(str(node.id), INDENT * node.depth + node.name) for node in Department.objects.tree()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value()
        if chosen is None:
            return queryset
        # What is no department's number has no rows: a list of everything would look like an answer.
        ids = Department.objects.subtree_ids(int(chosen)) if chosen.isdecimal() else []
        return queryset.filter(**{f"{self.path}__in": ids})


def within(path: str) -> type[SubtreeFilter]:
    """Return the filter for a list whose rows reach their department by a path; "pk" for departments themselves."""
    return type("SubtreeFilter", (SubtreeFilter,), {"path": path})


class SkillFilter(admin.SimpleListFilter):
    """Rows that have a skill."""

    title = _("skill")
    parameter_name = "skill"
    path: ClassVar[str] = "skills"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [(str(skill.pk), skill.name) for skill in Skill.objects.list_all()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value()
        if chosen is None:
            return queryset
        return queryset.filter(**{self.path: chosen}) if chosen.isdecimal() else queryset.none()
