"""The admin. Importing this package registers the pages of all models, one file per model.

shared            what the pages of several models share
plan              what the pages have in common on which a week is planned
skills            skills
departments       departments, in the order of their tree
employees         people
shift_types       types of shifts
shifts            shifts, and who works them in the coming days
schedules         schedules: the plan of a department's week
assignments       assignments: who works which shift on which day
rules             rules, with a form field for each parameter
notifications     what people were notified of
import_runs       imports: what was imported by whom, with its file and its undo
dashboard         what needs attention, for the first page
"""

from scheduling.admin.assignments import ScheduleAssignmentAdmin
from scheduling.admin.departments import DepartmentAdmin
from scheduling.admin.employees import EmployeeAdmin
from scheduling.admin.import_runs import ImportRunAdmin
from scheduling.admin.notifications import NotificationAdmin
from scheduling.admin.rules import RuleAdmin
from scheduling.admin.schedules import ScheduleAdmin
from scheduling.admin.shift_types import ShiftTypeAdmin
from scheduling.admin.shifts import ShiftAdmin
from scheduling.admin.skills import SkillAdmin

__all__ = [
    "DepartmentAdmin",
    "EmployeeAdmin",
    "ImportRunAdmin",
    "NotificationAdmin",
    "RuleAdmin",
    "ScheduleAdmin",
    "ScheduleAssignmentAdmin",
    "ShiftAdmin",
    "ShiftTypeAdmin",
    "SkillAdmin",
]
