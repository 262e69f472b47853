"""The baseline of the import: a resource as the documentation of django-import-export shows it."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from import_export.fields import Field
from import_export.resources import ModelResource
from import_export.widgets import ForeignKeyWidget

from scheduling.models import Employee, Schedule, ScheduleAssignment, Shift


class StockAssignmentResource(ModelResource):
    """Upserts assignments by employee, shift and date, with the library's own widgets and options."""

    employee = Field(attribute="employee", column_name="employee_email", widget=ForeignKeyWidget(Employee, "email"))
    shift = Field(attribute="shift", column_name="shift_name", widget=ForeignKeyWidget(Shift, "name"))

    class Meta:
        model = ScheduleAssignment
        import_id_fields = ("employee", "shift", "date")
        fields = ("employee", "shift", "date", "status", "notes")
        skip_unchanged = True

    def before_save_instance(self, instance: ScheduleAssignment, row: Mapping[str, Any], **kwargs: Any) -> None:
        """Find or create the schedule of the row, which no stock field can do."""
        if instance.schedule_id is None:
            instance.schedule = Schedule.objects.get_or_create(
                department_id=instance.employee.department_id,
                week_start=instance.date - datetime.timedelta(days=instance.date.weekday()),
                version=1,
            )[0]
