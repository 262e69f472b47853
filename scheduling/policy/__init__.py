"""What planning has to respect: one place that decides, for forms, actions and imports alike.

checks.py     POLICY, a tuple of named functions, and the ways to ask it: `check` and `check_planned`
schedules.py, people.py, hours.py, staffing.py, wishes.py   the functions, by subject: each yields breaches
rulebook.py   which rules apply to whom, and which of several decides
situation.py  what is planned among what is stored, arranged · records.py: rows as tuples
loading.py    the queries · among.py: `IN` for thousands of integers
clock.py      times of the clock -> moments · times.py: how a shift is called
findings.py   Finding, and how a form is told · dates.py: dates in the reader's language
"""

from scheduling.policy.checks import POLICY, check, check_planned, check_stored, validate
from scheduling.policy.findings import Finding, Severity, as_validation_error, errors, warnings
from scheduling.policy.records import Planned

__all__ = [
    "POLICY",
    "Finding",
    "Planned",
    "Severity",
    "as_validation_error",
    "check",
    "check_planned",
    "check_stored",
    "errors",
    "validate",
    "warnings",
]
