"""What planning has to respect. One place decides it, for forms, actions and imports alike.

clock         times of the clock as moments
times         how a shift is named in a sentence
dates         dates in the reader's language
records       what the policy reads, as tuples
findings      what a check finds, and how a form reports it
rulebook      which rules apply to whom, and which of several decides
loading       the queries
situation     what is planned among what is stored, arranged for the functions of the policy
schedules     functions about the schedule: its week, its department, its status, duplicates
people        functions about the employee and the shift: employment, skills
hours         functions about working hours: overlaps, rest, maximum hours, days in a row
availability  functions about when employees can work and want to work
staffing      functions about the number of employees on a shift
checks        POLICY, a tuple of all these functions, and the ways to ask it
many          the same about a hundred thousand assignments, in parts
"""

from scheduling.policy.checks import POLICY, check, check_planned, check_stored, find_duplicates, validate
from scheduling.policy.findings import Finding, Severity, as_validation_error, errors, warnings
from scheduling.policy.many import check_many
from scheduling.policy.records import Planned

__all__ = [
    "POLICY",
    "Finding",
    "Planned",
    "Severity",
    "as_validation_error",
    "check",
    "check_many",
    "check_planned",
    "check_stored",
    "errors",
    "find_duplicates",
    "validate",
    "warnings",
]
