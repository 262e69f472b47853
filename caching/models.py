"""The database tables of the cache."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class PendingInvalidation(models.Model):
    """The tags that a COMMIT changed while the generations could not be reached; see caching.coherence.outbox."""

    tags = models.TextField(_("tags"), help_text=_("A JSON list."))
    created_at = models.DateTimeField(_("created at"), default=timezone.now)

    class Meta:
        verbose_name = _("pending invalidation")
        verbose_name_plural = _("pending invalidations")
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d %H:%M:%S} {self.tags}"


class CacheSample(models.Model):
    """What the processes of one host counted for one kind in one stretch of time; see caching.monitoring.history.

    Each stretch is stored at several lengths. The row of length 0 holds the counts at the last sample, from which the
    next one is reckoned.
    """

    host = models.CharField(_("host"), max_length=64)
    seconds = models.PositiveIntegerField(_("seconds"))
    at = models.DateTimeField(_("at"))
    type = models.CharField(_("type"), max_length=64)
    kind = models.CharField(_("kind"), max_length=64, blank=True)
    counts = models.JSONField(_("counts"))

    class Meta:
        verbose_name = _("cache sample")
        verbose_name_plural = _("cache statistics")
        constraints = (
            models.UniqueConstraint(fields=("seconds", "at", "host", "type", "kind"), name="caching_sample_unique"),
        )
        default_permissions = ()
        permissions = (
            ("view_cache_stats", _("Can see what the cache does")),
            ("clear_cache", _("Can clear the cache")),
            ("warm_cache", _("Can warm and verify the cache")),
        )

    def __str__(self) -> str:
        return f"{self.host} {self.at:%Y-%m-%d %H:%M} {self.type}/{self.kind}"
