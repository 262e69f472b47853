"""List filters whose choices are cached, so that they cost a list no query."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from scheduling.fields import key_from
from scheduling.models import Department, Skill

INDENT = "\u2003"


class PathFilter(admin.SimpleListFilter):
    """A filter on a field that each list reaches by its own path: `SubtreeFilter.on("schedule__department")`."""

    path: ClassVar[str]
    """From the rows of the list to the field; "pk" for the rows themselves."""

    @classmethod
    def on(cls, path: str) -> type[PathFilter]:
        return type(cls.__name__, (cls,), {"path": path})


class SubtreeFilter(PathFilter):
    """Rows of a department and of all departments below it."""

    title = _("department and subdepartments")
    parameter_name = "within"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [(str(node.id), INDENT * node.depth + node.name) for node in Department.objects.tree()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if value is None:
            return queryset
        # A value that is not a department's key matches no row: an unfiltered list would look like an answer.
        key = key_from(value)
        ids = Department.objects.subtree_ids(key) if key is not None else []
        return queryset.filter(**{f"{self.path}__in": ids})


class SkillFilter(admin.SimpleListFilter):
    """Rows that have a skill."""

    title = _("skill")
    parameter_name = "skill"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [(str(skill.pk), skill.name) for skill in Skill.objects.list_all()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if value is None:
            return queryset
        key = key_from(value)
        return queryset.filter(skills=key) if key is not None else queryset.none()
