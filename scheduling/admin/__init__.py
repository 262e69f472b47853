"""The admin, one file per file of models/. Importing them registers the classes."""

from scheduling.admin.organisation import DepartmentAdmin, EmployeeAdmin, SkillAdmin
from scheduling.admin.planning import ScheduleAdmin, ScheduleAssignmentAdmin
from scheduling.admin.shifts import ShiftAdmin, ShiftTypeAdmin

__all__ = [
    "DepartmentAdmin",
    "EmployeeAdmin",
    "ScheduleAdmin",
    "ScheduleAssignmentAdmin",
    "ShiftAdmin",
    "ShiftTypeAdmin",
    "SkillAdmin",
]
