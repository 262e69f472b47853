"""Messages to employees, and those that are unread."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from django.db import models
from django.utils import timezone

from caching import InvalidatingQuerySet
from scheduling import caches

if TYPE_CHECKING:
    from scheduling.models import Notification


class NotificationQuerySet(InvalidatingQuerySet["Notification"]):
    def unread(self) -> NotificationQuerySet:
        return self.filter(read_at=None)

    def current(self, now: datetime.datetime) -> NotificationQuerySet:
        """Leave out what has expired."""
        return self.filter(models.Q(expires_at=None) | models.Q(expires_at__gt=now))

    def most_important_first(self) -> NotificationQuerySet:
        """Order by priority, the newest first within a priority."""
        return self.order_by("-priority", "-created_at", "-id")

    def mark_read(self, now: datetime.datetime) -> int:
        """Return how many were unread. The others keep the moment at which they were read."""
        return self.unread().update(read_at=now)


# Named because mypy follows `from_queryset` only in an assignment.
_NotificationFilters = models.Manager.from_queryset(NotificationQuerySet)


class NotificationManager(_NotificationFilters):
    def get_by_id(self, notification_id: int) -> Notification | None:
        return caches.NOTIFICATION_BY_ID.get(notification_id)

    def unread_for(self, employee_id: int, now: datetime.datetime | None = None) -> Sequence[Notification]:
        """Return what the employee has not read, the most important first, the newest first within a priority.

        At most `caches.MAX_UNREAD`. Leaves out what has expired at `now`, by default at this moment.
        """
        return _unexpired(caches.unread_notifications(employee_id, self.model), now)

    async def aunread_for(self, employee_id: int, now: datetime.datetime | None = None) -> Sequence[Notification]:
        return _unexpired(await caches.unread_notifications.acall(employee_id, self.model), now)


# After the cached read rather than in it: what depends on the clock would become stale in the cache without any write.
def _unexpired(notifications: Iterable[Notification], now: datetime.datetime | None) -> list[Notification]:
    now = now or timezone.now()
    return [notification for notification in notifications if not notification.is_expired(now)]
