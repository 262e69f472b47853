"""What each kind of file is: its declaration (an ImportKind), its run and its resource.

In the order of reading:

skills                 a column of skills, which employees and shifts have
full_names             a full name, alone or beside a first or a last name
people                 which employee a row means: by address, number or name
departments            the tree of departments
shifts                 shifts and shift types
employees              employees
schedules              the weeks of departments
weeks                  the schedules that assignments belong to
locations              a column of locations beside one of departments
shift_names            which shift a row means: by name, code or times
days                   rows that have a first and a last day
assignments            who works which shift on which day
selected_assignments   the same, for selected employees or shifts only
weekdays               weekdays in a cell of a rule
rule_limits            what a file says of when a rule applies, under whatever header
rule_names             skills, shift types and shifts that rules name
rules                  the rules that the policy applies
undoing                the undo of each kind: what rules name, and what the policy refuses
"""

from scheduling.imports.engine.resource import FileResource
from scheduling.imports.kinds.assignments import AssignmentResource
from scheduling.imports.kinds.departments import DepartmentResource
from scheduling.imports.kinds.employees import EmployeeResource
from scheduling.imports.kinds.rules import RuleResource
from scheduling.imports.kinds.schedules import ScheduleResource
from scheduling.imports.kinds.shifts import ShiftResource, ShiftTypeResource

KINDS: dict[str, type[FileResource]] = {
    "departments": DepartmentResource,
    "shift_types": ShiftTypeResource,
    "shifts": ShiftResource,
    "employees": EmployeeResource,
    "schedules": ScheduleResource,
    "assignments": AssignmentResource,
    "rules": RuleResource,
}
"""The kinds by the names that the command takes. Rows of later kinds refer to rows of earlier ones."""
