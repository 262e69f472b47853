"""The tables. Database constraints keep them consistent; `clean()` says the same earlier and in friendlier words.

`save()` does not validate: forms, imports and `full_clean()` do.

querysets      the filters and fixed reads of each model, by the same subjects
constraints    what the constraints of several models share, and the sentence that belongs to a database error
guarded        fields behind permissions of their own, and who may see and change them
people         departments in a tree, skills, employees
shifts         types of shifts, and the shifts themselves
schedules      the weeks of departments, and the assignments in them
parameters     what each kind of rule takes as parameters
rules          who is available when, and how much work is too much
notifications  what employees are told
imports        what was imported, by whom, what the rows were before, and what was chosen
"""

from scheduling.models.imports import ImportChoices, ImportRun
from scheduling.models.notifications import Notification
from scheduling.models.people import Department, Employee, Skill
from scheduling.models.rules import Rule
from scheduling.models.schedules import Schedule, ScheduleAssignment
from scheduling.models.shifts import Shift, ShiftType

__all__ = [
    "Department",
    "Employee",
    "ImportChoices",
    "ImportRun",
    "Notification",
    "Rule",
    "Schedule",
    "ScheduleAssignment",
    "Shift",
    "ShiftType",
    "Skill",
]
