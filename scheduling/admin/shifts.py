from django.contrib import admin
from django.utils.formats import time_format
from django.utils.translation import gettext_lazy as _

from scheduling.exports.admin import FileExportMixin
from scheduling.imports.admin import FileImportMixin
from scheduling.imports.shifts import ShiftResource, ShiftTypeResource
from scheduling.models import Shift, ShiftType


@admin.register(ShiftType)
class ShiftTypeAdmin(FileImportMixin, FileExportMixin, admin.ModelAdmin):
    resource_classes = [ShiftTypeResource]
    list_display = ["name", "code", "colour", "active"]
    list_filter = ["active"]
    search_fields = ["name", "code"]


@admin.register(Shift)
class ShiftAdmin(FileImportMixin, FileExportMixin, admin.ModelAdmin):
    resource_classes = [ShiftResource]
    list_display = ["name", "code", "shift_type", "department", "times", "required_staff", "max_staff", "active"]
    list_filter = ["active", "shift_type", "department"]
    list_select_related = ["shift_type", "department"]
    search_fields = ["name", "code"]
    autocomplete_fields = ["shift_type", "department", "required_skills"]

    @admin.display(description=_("times"), ordering="start_time")
    def times(self, shift: Shift) -> str:
        text = f"{time_format(shift.start_time, 'H:i')}–{time_format(shift.end_time, 'H:i')}"
        return _("%(times)s next day") % {"times": text} if shift.is_overnight else text
