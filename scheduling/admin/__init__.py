"""The admin, one file per file of models/. Importing them registers the classes."""

from scheduling.admin.notifications import NotificationAdmin
from scheduling.admin.organisation import DepartmentAdmin, EmployeeAdmin, SkillAdmin
from scheduling.admin.planning import ScheduleAdmin, ScheduleAssignmentAdmin
from scheduling.admin.rules import RuleAdmin
from scheduling.admin.shifts import ShiftAdmin, ShiftTypeAdmin

__all__ = [
    "DepartmentAdmin",
    "EmployeeAdmin",
    "NotificationAdmin",
    "RuleAdmin",
    "ScheduleAdmin",
    "ScheduleAssignmentAdmin",
    "ShiftAdmin",
    "ShiftTypeAdmin",
    "SkillAdmin",
]
