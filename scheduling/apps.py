from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SchedulingConfig(AppConfig):
    name = "scheduling"
    verbose_name = _("Scheduling")

    def ready(self) -> None:
        from scheduling.models import ScheduleAssignment
        from scheduling.policy import validate

        # Declares the cache types and watches the models.
        import_module("scheduling.caches")
        ScheduleAssignment.validate_by_policy = staticmethod(validate)
