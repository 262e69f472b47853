"""The policy asked about a hundred thousand assignments, in parts, so that the memory that it takes does not grow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import Any

from scheduling.models import Rule
from scheduling.policy.checks import POLICY, check_planned
from scheduling.policy.findings import Finding
from scheduling.policy.records import Planned
from scheduling.policy.staffing import enough_staff, not_over_max_staff

MAX_AT_ONCE = 10_000
_OF_A_DAY = (not_over_max_staff, enough_staff)
"""These compare the assignments of one day. All others compare those of one employee."""
_OF_AN_EMPLOYEE = tuple(part for part in POLICY if part not in _OF_A_DAY)


def check_many(
    positions: Sequence[int],
    planned: Callable[[int], Planned],
    *,
    employees: Sequence[Any],
    dates: Sequence[Any],
    rules: Iterable[Rule],
    using: str,
) -> list[Finding]:
    """Do what `check_planned` does with the assignments at these positions, which are given in order.

    `planned` makes the assignment at a position, whose `source` has to be the position; `employees` and `dates` have
    its employee and its date. A changed one has the employee and the date of its stored row. Many assignments are asked
    about in parts: all of some employees, and then all of some days.
    """
    if len(positions) <= MAX_AT_ONCE:
        return check_planned([planned(position) for position in positions], rules=rules, using=using)
    rules = list(rules)
    found: list[Finding] = []
    for parts, policy in ((employees, _OF_AN_EMPLOYEE), (dates, _OF_A_DAY)):
        for part in _parts(positions, parts):
            found += check_planned([planned(at) for at in part], rules=rules, using=using, policy=policy)
    # Stable: what is found about one assignment stays in the order of the policy, in which staff comes last.
    found.sort(key=lambda finding: finding.assignment)
    return found


def _parts(positions: Sequence[int], keys: Sequence[Hashable]) -> Iterator[list[int]]:
    """Divide the positions into parts of about MAX_AT_ONCE, with equal keys in the same part."""
    sizes = Counter(keys[position] for position in positions)
    part_of: dict[Hashable, int] = {}
    part = size = 0
    for key, count in sizes.items():
        if size and size + count > MAX_AT_ONCE:
            part, size = part + 1, 0
        part_of[key] = part
        size += count
    for number in range(part + 1):
        yield [position for position in positions if part_of[keys[position]] == number]
