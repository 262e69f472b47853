"""Filters of rules."""

import datetime

import pytest

from scheduling.models import Rule
from tests.factories import MONDAY, RuleFactory

DAY = datetime.timedelta(days=1)


@pytest.mark.django_db
class EffectiveOnTests:
    @pytest.mark.parametrize(
        ("first", "last", "effective"),
        [
            (None, None, True),
            (MONDAY, MONDAY, True),
            (MONDAY + DAY, None, False),
            (None, MONDAY - DAY, False),
        ],
    )
    def test_the_first_and_the_last_day_count(
        self, first: datetime.date | None, last: datetime.date | None, effective: bool
    ) -> None:
        rule = RuleFactory(effective_from=first, effective_until=last)

        assert Rule.objects.effective_on(MONDAY).exists() is effective
        assert Rule.objects.active_rules(MONDAY) == ([rule] if effective else [])
