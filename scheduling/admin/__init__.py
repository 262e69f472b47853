"""The admin. Importing the files with a ModelAdmin registers it; the others are what these are made of.

departments.py, organisation.py, shifts.py, planning.py (schedules), assignments.py, rules.py, notifications.py
                  the classes
plan_pages.py     what all pages that change who works when have in common · acts.py: pages that ask before they do
plan_forms.py     forms of assignments, one or many, that ask the policy · confirmation.py: its warnings
cached_pages.py   pages of one row that show what the cache has
known.py          foreign keys without a query each · plan_filters.py · week.py: the table of a week
rule_form.py      the form of a rule · dashboard.py: what needs attention, on the first page
filters.py        filters that cost no query · lists.py: lists whose rows know their place in the tree
switches.py       actions that switch rows on or off
"""

from scheduling.admin.assignments import ScheduleAssignmentAdmin
from scheduling.admin.departments import DepartmentAdmin
from scheduling.admin.notifications import NotificationAdmin
from scheduling.admin.organisation import EmployeeAdmin, SkillAdmin
from scheduling.admin.planning import ScheduleAdmin
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
