"""What the policy finds, and how a form is told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError

from scheduling.policy.records import Planned


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


class Breach(NamedTuple):
    """What a function of the policy yields; the check makes a finding of it."""

    one: Planned
    field: str
    message: str
    severity: Severity = Severity.ERROR
    other: Planned | None = None


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One sentence about one assignment."""

    severity: Severity
    code: str
    """The name of the function of the policy that found it: "no_overlapping_shifts"."""
    assignment: Any
    """The assignment concerned, as it was given to the check."""
    message: str
    field: str
    """The field of the assignment that a form shows the message beside."""
    other: Any = None
    """The other assignment that was given to the same check, where the sentence is about two of them."""

    @property
    def is_error(self) -> bool:
        return self.severity is Severity.ERROR


def errors(findings: Iterable[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.is_error]


def warnings(findings: Iterable[Finding]) -> list[Finding]:
    return [finding for finding in findings if not finding.is_error]


def as_validation_error(findings: Iterable[Finding], fields: Container[str] | None = None) -> ValidationError | None:
    """Return the errors among the findings as a form takes them, or None if there is none.

    `fields` are those of the form: what concerns another one is said of the form as a whole (a form refuses an error
    for a field that it lacks). None: every field has its place.
    """
    by_field: defaultdict[str, list[ValidationError]] = defaultdict(list)
    for finding in errors(findings):
        field = finding.field if fields is None or finding.field in fields else NON_FIELD_ERRORS
        by_field[field].append(ValidationError(finding.message, code=finding.code))
    return ValidationError(dict(by_field)) if by_field else None
