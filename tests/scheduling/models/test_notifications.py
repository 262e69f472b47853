import datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from scheduling.models import Notification
from tests.factories import EmployeeFactory, NotificationFactory

pytestmark = pytest.mark.django_db
NOW = datetime.datetime(2026, 11, 30, 12, tzinfo=datetime.UTC)
HOUR = datetime.timedelta(hours=1)


class NotificationTests:
    def test_is_read_once_it_has_been(self) -> None:
        assert not NotificationFactory().is_read
        assert NotificationFactory(read_at=NOW).is_read

    @pytest.mark.parametrize(
        ("expires_at", "expired"), [(None, False), (NOW, True), (NOW - HOUR, True), (NOW + HOUR, False)]
    )
    def test_expires_at_its_moment(self, expires_at: datetime.datetime | None, expired: bool) -> None:
        row = NotificationFactory(created_at=NOW - 2 * HOUR, expires_at=expires_at)

        assert row.is_expired(NOW) is expired
        assert Notification.objects.current(NOW).exists() is not expired

    @pytest.mark.parametrize("link", ["/admin/", "https://example.com/a?b=c"])
    def test_links_to_this_site_or_the_web(self, link: str) -> None:
        NotificationFactory(link=link).full_clean()

    @pytest.mark.parametrize("link", ["javascript:alert(1)", "//example.com", "admin/", "/a b", "data:,x"])
    def test_links_nowhere_else(self, link: str) -> None:
        with pytest.raises(ValidationError, match="Enter a path on this site"):
            NotificationFactory(link=link).full_clean()

    def test_the_database_refuses_one_that_expires_before_it_is_there(self) -> None:
        with pytest.raises(IntegrityError):
            NotificationFactory(created_at=NOW, expires_at=NOW)

    @pytest.mark.parametrize("priority", [0, 11])
    def test_the_database_refuses_priority(self, priority: int) -> None:
        with pytest.raises(IntegrityError):
            NotificationFactory(priority=priority)

    def test_goes_with_its_recipient(self) -> None:
        NotificationFactory().recipient.delete()

        assert not Notification.objects.exists()


class MarkReadTests:
    def test_counts_the_unread_and_leaves_the_others_as_they_are(self) -> None:
        amy = EmployeeFactory()
        NotificationFactory.create_batch(2, recipient=amy)
        earlier = NotificationFactory(recipient=amy, read_at=NOW - HOUR)

        assert Notification.objects.filter(recipient=amy).mark_read(NOW) == 2
        earlier.refresh_from_db()
        assert earlier.read_at == NOW - HOUR
        assert not Notification.objects.unread().exists()
        assert Notification.objects.mark_read(NOW) == 0


class MostImportantFirstTests:
    def test_the_newest_comes_first_among_equals(self) -> None:
        old, new = (NotificationFactory(created_at=NOW - age * HOUR) for age in (2, 1))
        urgent = NotificationFactory(priority=10, created_at=NOW - 3 * HOUR)

        assert list(Notification.objects.most_important_first()) == [urgent, new, old]
