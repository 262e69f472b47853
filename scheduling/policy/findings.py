"""What the policy finds, and how a form reports it."""

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
    """What a function of the policy yields. The check turns it into a finding."""

    assignment: Planned
    field: str
    message: str
    severity: Severity = Severity.ERROR
    other: Planned | None = None


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One sentence about one assignment."""

    severity: Severity
    code: str
    """The name of the function that found it: "no_overlapping_shifts"."""
    assignment: Any
    """The assignment that it is about, as given to the check."""
    message: str
    field: str
    """The field beside which a form shows the message."""
    other: Any = None
    """The other assignment given to the same check, if the sentence is about two of them."""

    @property
    def is_error(self) -> bool:
        return self.severity is Severity.ERROR


def errors(findings: Iterable[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.is_error]


def warnings(findings: Iterable[Finding]) -> list[Finding]:
    return [finding for finding in findings if not finding.is_error]


def as_validation_error(findings: Iterable[Finding], fields: Container[str] | None = None) -> ValidationError | None:
    """Return the errors among the findings as a form takes them, or None if there are none.

    `fields` are the fields of the form. An error about any other field becomes an error of the whole form, because a
    form refuses errors for fields that it does not have. None stands for all fields.
    """
    by_field: defaultdict[str, list[ValidationError]] = defaultdict(list)
    for finding in errors(findings):
        field = finding.field if fields is None or finding.field in fields else NON_FIELD_ERRORS
        by_field[field].append(ValidationError(finding.message, code=finding.code))
    return ValidationError(dict(by_field)) if by_field else None
