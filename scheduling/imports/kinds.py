"""The kinds of import by the name that the command takes, in the order in which their rows refer to each other."""

from scheduling.imports.assignments import AssignmentResource
from scheduling.imports.departments import DepartmentResource
from scheduling.imports.employees import EmployeeResource
from scheduling.imports.resources import LeanResource
from scheduling.imports.rules import RuleResource
from scheduling.imports.schedules import ScheduleResource
from scheduling.imports.shifts import ShiftResource, ShiftTypeResource

KINDS: dict[str, type[LeanResource]] = {
    "departments": DepartmentResource,
    "shift_types": ShiftTypeResource,
    "shifts": ShiftResource,
    "employees": EmployeeResource,
    "schedules": ScheduleResource,
    "assignments": AssignmentResource,
    "rules": RuleResource,
}
