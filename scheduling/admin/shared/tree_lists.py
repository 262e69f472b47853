"""Lists whose rows know their place in the tree of departments."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.views.main import ORDER_VAR, ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from scheduling.models import Department


class TreeChangeList(ChangeList):
    """Gives each row the tree `node` of its department, with one cached read for the whole page."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        nodes = {node.id: node for node in Department.objects.tree()}
        for row in self.result_list:
            row.node = nodes.get(self.department_id_of(row))

    def department_id_of(self, row: Any) -> int:
        return row.department_id


class DepartmentChangeList(TreeChangeList):
    """Departments with their head counts, in the order of the tree unless a column is sorted by."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        own, total = Department.objects.head_counts(), Department.objects.total_head_counts()
        for row in self.result_list:
            row.people, row.people_in_all = own.get(row.pk, 0), total.get(row.pk, 0)

    def department_id_of(self, row: Any) -> int:
        return row.pk

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        sorted_by_column = self.params.get(ORDER_VAR)
        return list(super().get_ordering(request, queryset)) if sorted_by_column else ["tree_position", "pk"]


def complete_name(row: Any) -> SafeString:
    """Return the complete name of a row's department, with the departments above it in a quieter colour."""
    node = row.node
    if node is None:  # The department was created or moved after the tree was read.
        return format_html("{}", row)
    return format_html('<span class="quiet">{}</span>{}', node.complete_name.removesuffix(node.name), node.name)
