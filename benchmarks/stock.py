"""What a project writes with django-import-export as its documentation shows it: the baseline of the import."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from import_export.fields import Field
from import_export.resources import ModelResource
from import_export.widgets import ForeignKeyWidget

from scheduling.models import Employee, Schedule, ScheduleAssignment, Shift


class StockAssignmentResource(ModelResource):
    """Upserts assignments by employee, shift and date, with the widgets and options that come with the library."""

    employee = Field(attribute="employee", column_name="employee_email", widget=ForeignKeyWidget(Employee, "email"))
    shift = Field(attribute="shift", column_name="shift_name", widget=ForeignKeyWidget(Shift, "name"))

    class Meta:
        model = ScheduleAssignment
        import_id_fields = ("employee", "shift", "date")
        fields = ("employee", "shift", "date", "status", "notes")
        skip_unchanged = True

    def before_save_instance(self, instance: ScheduleAssignment, row: Mapping[str, Any], **kwargs: Any) -> None:
        """Find or create the schedule that the row belongs to; no stock field can do that."""
        if instance.schedule_id is None:
            instance.schedule = Schedule.objects.get_or_create(
                department_id=instance.employee.department_id,
                week_start=instance.date - datetime.timedelta(days=instance.date.weekday()),
                version=1,
            )[0]
