"""The kinds of import by the name that the command takes, in the order in which their rows refer to each other."""

from scheduling.imports.engine.resource import LeanResource
from scheduling.imports.kinds.assignments import AssignmentResource
from scheduling.imports.kinds.departments import DepartmentResource
from scheduling.imports.kinds.employees import EmployeeResource
from scheduling.imports.kinds.rules import RuleResource
from scheduling.imports.kinds.schedules import ScheduleResource
from scheduling.imports.kinds.shifts import ShiftResource, ShiftTypeResource

KINDS: dict[str, type[LeanResource]] = {
    "departments": DepartmentResource,
    "shift_types": ShiftTypeResource,
    "shifts": ShiftResource,
    "employees": EmployeeResource,
    "schedules": ScheduleResource,
    "assignments": AssignmentResource,
    "rules": RuleResource,
}
