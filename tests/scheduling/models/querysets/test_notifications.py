"""Filters of notifications."""

import datetime

import pytest

from scheduling.models import Notification
from tests.factories import NotificationFactory

pytestmark = pytest.mark.django_db
NOW = datetime.datetime(2026, 11, 30, 12, tzinfo=datetime.UTC)
HOUR = datetime.timedelta(hours=1)


class CurrentTests:
    def test_leaves_out_what_has_expired(self) -> None:
        NotificationFactory(created_at=NOW - 2 * HOUR, expires_at=NOW)
        later = NotificationFactory(created_at=NOW, expires_at=NOW + HOUR)

        assert Notification.objects.current(NOW).get() == later


class MarkReadTests:
    def test_keeps_the_moment_at_which_the_others_were_read(self) -> None:
        read, unread = NotificationFactory(read_at=NOW - HOUR), NotificationFactory()

        assert Notification.objects.all().mark_read(NOW) == 1

        assert Notification.objects.get(pk=read.pk).read_at == NOW - HOUR
        assert Notification.objects.get(pk=unread.pk).read_at == NOW
