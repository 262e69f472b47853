from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SchedulingConfig(AppConfig):
    name = "scheduling"
    verbose_name = _("Scheduling")

    def ready(self) -> None:
        # Declares the cache types and watches the models. The managers reach it as an attribute of the package,
        # because it imports the models and they cannot import it back.
        import_module("scheduling.caches")
        # Likewise for `ScheduleAssignment.clean()`.
        import_module("scheduling.policy")
