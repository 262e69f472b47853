"""The tables of the cache."""

from datetime import UTC, datetime

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission

from caching.models import CacheSample, PendingInvalidation


class PendingInvalidationTests:
    def test_shows_when_it_was_left_and_what_it_holds(self) -> None:
        row = PendingInvalidation(tags='["general"]', created_at=datetime(2026, 3, 1, 8, 5, tzinfo=UTC))
        assert str(row) == '2026-03-01 08:05:00 ["general"]'

    @pytest.mark.django_db
    def test_knows_the_moment_when_it_was_left(self) -> None:
        row = PendingInvalidation.objects.create(tags="[]")
        assert abs((datetime.now(UTC) - row.created_at).total_seconds()) < 60

    @pytest.mark.django_db
    def test_can_be_seen_and_not_changed(self) -> None:
        """It is written and deleted by the cache alone, so there is no permission for that."""
        found = Permission.objects.filter(content_type__app_label="caching", content_type__model="pendinginvalidation")
        assert set(found.values_list("codename", flat=True)) == {"view_pendinginvalidation"}

    def test_is_one_of_two_tables(self) -> None:
        assert list(apps.get_app_config("caching").get_models()) == [PendingInvalidation, CacheSample]


class CacheSampleTests:
    def test_says_where_when_and_of_what(self) -> None:
        sample = CacheSample(host="one", at=datetime(2026, 3, 1, 8, 5, tzinfo=UTC), type="employee", kind="email")
        assert str(sample) == "one 2026-03-01 08:05 employee/email"

    @pytest.mark.django_db
    def test_has_the_permissions_of_the_page_and_no_others(self) -> None:
        found = Permission.objects.filter(content_type__app_label="caching", content_type__model="cachesample")
        assert set(found.values_list("codename", flat=True)) == {"view_cache_stats", "clear_cache", "warm_cache"}
