"""Rules, and those in effect on a date."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from django.db import models

from caching import InvalidatingQuerySet
from scheduling import caches

if TYPE_CHECKING:
    from scheduling.models import Rule


class RuleQuerySet(InvalidatingQuerySet["Rule"]):
    def active(self) -> RuleQuerySet:
        return self.filter(active=True)

    def effective_on(self, date: datetime.date) -> RuleQuerySet:
        """Keep the rules that apply on the date, their first and last day included."""
        begun = models.Q(effective_from=None) | models.Q(effective_from__lte=date)
        not_over = models.Q(effective_until=None) | models.Q(effective_until__gte=date)
        return self.filter(begun, not_over)


# Named because mypy follows `from_queryset` only in an assignment.
_RuleFilters = models.Manager.from_queryset(RuleQuerySet)


class RuleManager(_RuleFilters):
    def get_by_id(self, rule_id: int) -> Rule | None:
        return caches.RULE_BY_ID.get(rule_id)

    def active_rules(self, date: datetime.date | None = None) -> Sequence[Rule]:
        """Return the active rules by kind, the highest priority first; with a date, those in effect on it."""
        return _in_effect(caches.active_rules(self.model), date)

    async def aactive_rules(self, date: datetime.date | None = None) -> Sequence[Rule]:
        return _in_effect(await caches.active_rules.acall(self.model), date)


# After the cached read rather than in it: what depends on the date would become stale in the cache without any write.
def _in_effect(rules: Iterable[Rule], date: datetime.date | None) -> list[Rule]:
    return [rule for rule in rules if date is None or rule.is_effective_on(date)]
