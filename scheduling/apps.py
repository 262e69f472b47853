from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SchedulingConfig(AppConfig):
    name = "scheduling"
    verbose_name = _("Scheduling")

    def ready(self) -> None:
        """Give the model the validation of the policy, which reads the models: they cannot import it."""
        from scheduling.models import ScheduleAssignment
        from scheduling.policy import validate
        from scheduling.warming import declare

        ScheduleAssignment.validate_by_policy = staticmethod(validate)
        declare()
