"""The tables. Integrity is in database constraints; `clean()` says the same earlier and in kinder words.

`save()` does not validate: forms, imports and `full_clean()` do.
"""

from scheduling.models.notifications import Notification
from scheduling.models.organisation import Department, Employee, Skill
from scheduling.models.planning import Schedule, ScheduleAssignment
from scheduling.models.rules import Rule
from scheduling.models.shifts import Shift, ShiftType

__all__ = [
    "Department",
    "Employee",
    "Notification",
    "Rule",
    "Schedule",
    "ScheduleAssignment",
    "Shift",
    "ShiftType",
    "Skill",
]
