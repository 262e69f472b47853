"""Which rules apply to whom, and which of several decides.

A rule for an employee comes before a rule for the employee's department, that before a rule for the department above,
and so on, up to the rules for everyone. Among rules for the same subject, the higher priority comes first.
"""

from __future__ import annotations

import datetime
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError

from scheduling.department_tree import path_to_root
from scheduling.models import Rule
from scheduling.models.parameters import check_parameters
from scheduling.policy.findings import Severity
from scheduling.policy.records import Person, WorkShift

logger = logging.getLogger("scheduling")


class Limit(NamedTuple):
    """A maximum or a minimum."""

    value: float
    severity: Severity
    because: str = "."
    """The end of a sentence about it: the name of the rule, if there is one."""


class Ranked(NamedTuple):
    """A rule that applies to a person. The smaller the distance, the more specific it is."""

    distance: int
    rule: Rule


class RuleBook:
    """The active rules, which are asked for one person and one date at a time."""

    def __init__(self, rules: Iterable[Rule], parents: Callable[[], Mapping[int, int | None]]) -> None:
        """`parents` returns the department above each department. It is called only if a rule is about a department."""
        self._by_subject: defaultdict[tuple[str, int | None], list[Rule]] = defaultdict(list)
        for rule in filter(is_sound, rules):
            self._by_subject[rule.scope, rule.department_id or rule.employee_id].append(rule)
        self.kinds = {rule.kind for rule in self._rules()}
        self.parameters = {name for rule in self._rules() for name in rule.parameters}
        about_departments = any(scope == Rule.Scope.DEPARTMENT for scope, _ in self._by_subject)
        self._parents = parents() if about_departments else {}
        # Most people are subject to the same rules on every date, so the answers are kept for all of them.
        self._dated = {rule.kind for rule in self._rules() if rule.effective_from or rule.effective_until}
        self._ranked: dict[tuple[Any, ...], list[Ranked]] = {}
        self._limits: dict[tuple[Any, ...], Sequence[Limit]] = {}

    def of(self, kind: str, person: Person, date: datetime.date) -> list[Ranked]:
        """Return the rules of a kind that apply to the person on the date, in the order in which they decide."""
        if kind not in self.kinds:
            return []
        key = (kind, person.department, self._own(person), date if kind in self._dated else None)
        found = self._ranked.get(key)
        if found is None:
            found = self._ranked[key] = self._rank(kind, person, date)
        return found

    def nearest(self, kind: str, person: Person, date: datetime.date) -> list[Rule]:
        """Return only the most specific rules: they replace the more general ones."""
        ranked = self.of(kind, person, date)
        return [rule for distance, rule in ranked if distance == ranked[0].distance]

    def limits(
        self, kind: str, parameter: str, person: Person, date: datetime.date, default: Limit | None = None
    ) -> Sequence[Limit]:
        """Return the strict limit, then the advisory one, each from the first rule that has the parameter.

        The default applies to people without any rule of this kind.
        """
        if kind in self.kinds:
            key = (parameter, person.department, self._own(person), date if kind in self._dated else None)
            limits = self._limits.get(key)
            if limits is None:
                limits = self._limits[key] = _limits(self.of(kind, person, date), parameter)
            if limits:
                return limits
        return (default,) if default else ()

    def largest(self, kind: str, parameter: str, default: float) -> float:
        """Return the largest value of any rule, or the default if that is larger. Says how far to look."""
        return max([default, *self._values(kind, parameter)])

    def smallest(self, kind: str, parameter: str, default: float) -> float:
        """Return the smallest value of any rule, or the default if that is smaller."""
        return min([default, *self._values(kind, parameter)])

    def _values(self, kind: str, parameter: str) -> Iterator[float]:
        named = (rule.parameters for rule in self._rules() if rule.kind == kind)
        return (parameters[parameter] for parameters in named if parameter in parameters)

    def _rules(self) -> Iterator[Rule]:
        for rules in self._by_subject.values():
            yield from rules

    def _own(self, person: Person) -> int | None:
        """Return the person's key if a rule is about the person. Others of a department are the same to the rules."""
        return person.pk if (Rule.Scope.EMPLOYEE, person.pk) in self._by_subject else None

    def _rank(self, kind: str, person: Person, date: datetime.date) -> list[Ranked]:
        subjects: list[tuple[str, int | None]] = [
            (Rule.Scope.EMPLOYEE, person.pk),
            *((Rule.Scope.DEPARTMENT, above) for above in path_to_root(person.department, self._parents.get)),
            (Rule.Scope.GLOBAL, None),
        ]
        return [
            Ranked(distance, rule)
            for distance, subject in enumerate(subjects)
            for rule in sorted(self._by_subject.get(subject, ()), key=_by_priority)
            if rule.kind == kind and rule.is_effective_on(date)
        ]


def _limits(ranked: Iterable[Ranked], parameter: str) -> Sequence[Limit]:
    found: dict[bool, Limit] = {}
    for _distance, rule in ranked:
        if parameter in rule.parameters:
            found.setdefault(rule.strict, Limit(rule.parameters[parameter], severity_of(rule), because(rule)))
    return [found[strict] for strict in (True, False) if strict in found]


def is_sound(rule: Rule) -> bool:
    """Whether the parameters are valid. `save()` does not validate, and one wrong rule must not prevent every check."""
    try:
        check_parameters(rule.kind, rule.parameters)
    except (KeyError, ValidationError) as error:
        logger.warning("The rule %r is left out, because its parameters are wrong: %s", rule.name, error)
        return False
    return True


def severity_of(rule: Rule) -> Severity:
    return Severity.ERROR if rule.strict else Severity.WARNING


def because(rule: Rule) -> str:
    """Return the end of a sentence about a rule: its name."""
    return f" ({rule.name})."


def is_about(rule: Rule, shift: WorkShift) -> bool:
    """Whether a rule is about the shift: it names the shift or its type, or names no shift at all."""
    shifts, types = rule.parameters.get("shifts", ()), rule.parameters.get("shift_types", ())
    return not (shifts or types) or shift.name in shifts or shift.type_name in types


def _by_priority(rule: Rule) -> tuple[Any, ...]:
    return -rule.priority, rule.name
