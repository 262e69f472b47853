"""{% cache_panel user %}: what the cache does, in a few words, for users with ``caching.view_cache_stats``.

It reads the counts of this host and makes no query of its own.
"""

from typing import Any

from django import template
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.utils.translation import gettext as _

from ..admin import words
from ..admin.charts import TARGET
from ..monitoring.views import PERMISSION
from ..reading.manager import cache_manager

register = template.Library()


@register.inclusion_tag("caching/panel.html")
def cache_panel(user: AbstractBaseUser | AnonymousUser) -> dict[str, Any]:
    """Return what the panel shows; nothing for a user without the permission."""
    if not user.has_perm(PERMISSION):  # type: ignore[union-attr]
        return {}
    counts = cache_manager.get_stats(all_processes=True)
    state = cache_manager.state
    return {
        "is_shown": True,
        "state": {
            "enabled": _("The cache is switched on and serves."),
            "degraded": _("The cache is degraded: this process cannot reach the generations."),
            "disabled": _("The cache is switched off by the settings: every read asks the database."),
        }[state],
        "is_well": state == "enabled",
        "hit_rate": words.percent(counts["hit_rate"]),
        "is_low": counts["hit_rate"] is not None and counts["hit_rate"] < TARGET,
        "saved": words.duration(counts["saved_seconds"] or None),
        "reads": words.number(counts["total_requests"]),
    }
