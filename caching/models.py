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
