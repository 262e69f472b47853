"""Types of shifts: "Day", "Night"."""

from __future__ import annotations

from django.contrib import admin

from scheduling.admin.shared.row_pages import RowPagesMixin
from scheduling.exports.pages import FileExportMixin
from scheduling.imports.kinds.shifts import ShiftTypeResource
from scheduling.imports.pages import FileImportMixin
from scheduling.models import ShiftType


@admin.register(ShiftType)
class ShiftTypeAdmin(FileImportMixin, FileExportMixin, RowPagesMixin):
    resource_classes = [ShiftTypeResource]
    list_display = ["name", "code", "colour", "active"]
    list_filter = ["active"]
    search_fields = ["name", "code"]
