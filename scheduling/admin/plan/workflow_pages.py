"""What is done with whole schedules: the steps from draft to archive, copies and new versions.

Each action has a page for one schedule, which a button leads to, and an entry in the list of actions for several.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IS_POPUP_VAR
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from scheduling.admin.plan.proposal_pages import is_confirmed, proposal_page
from scheduling.admin.shared.users import user_id
from scheduling.models import Schedule
from scheduling.workflow import copying, steps, versions
from scheduling.workflow.steps import STEPS, Step


class WorkflowPagesMixin(admin.ModelAdmin):
    """The workflow actions of schedules, as pages, buttons and list actions."""

    def has_copy_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("scheduling.copy_schedule")

    def has_new_version_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("scheduling.new_version_schedule")

    def workflow_buttons(self, request: HttpRequest, schedule: Schedule) -> Iterator[tuple[str, Promise]]:
        """Yield address and label of what the user may do with the schedule in its present status."""
        for step in STEPS.values():
            if schedule.status in step.before and request.user.has_perm(step.permission):
                yield self._address(step.name, schedule), step.label
        if schedule.is_read_only and self.has_new_version_permission(request):
            yield self._address("new_version", schedule), _("New version")
        if self.has_copy_permission(request):
            yield self._address("copy", schedule), _("Copy to next week")

    # -- where the actions are offered -------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        views = {
            **{step.name: partial(self._take_step, step=step) for step in STEPS.values()},
            "new_version": self._make_new_version,
            "copy": self._copy,
        }
        own = [
            path(
                f"<int:object_id>/{name}/",
                self.admin_site.admin_view(partial(self._view_of_one, view=view)),
                name=f"scheduling_schedule_{name}",
            )
            for name, view in views.items()
        ]
        return [*own, *super().get_urls()]

    def get_actions(self, request: HttpRequest, action_location: Any = None) -> dict[str, Any]:
        """Add what the user may do with several schedules: in their list, but not in a form, as Django 6.1 could."""
        actions: dict[str, Any] = super().get_actions(request, *filter(None, [action_location]))
        if IS_POPUP_VAR in request.GET or (action_location and action_location.value != "CHANGE_LIST"):
            return actions
        for step in STEPS.values():
            if request.user.has_perm(step.permission):
                actions[step.name] = (partial(WorkflowPagesMixin._take_step, step=step), step.name, step.label)
        if self.has_copy_permission(request):
            actions["copy"] = (WorkflowPagesMixin._copy, "copy", _("Copy to next week"))
        return actions

    def _view_of_one(self, request: HttpRequest, object_id: int, view: Any) -> HttpResponse:
        schedule = self.get_object(request, str(object_id))
        if schedule is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(object_id))  # type: ignore[attr-defined]
        if not self.has_view_permission(request, schedule):
            raise PermissionDenied
        rows = self.get_queryset(request).filter(pk=schedule.pk)
        response = view(request, rows, back=self._address("change", schedule))
        return response or HttpResponseRedirect(self._address("change", schedule))

    # -- what they do ------------------------------------------------------------------------------------------------

    def _take_step(
        self, request: HttpRequest, queryset: QuerySet[Schedule], *, step: Step, back: str = ""
    ) -> HttpResponse | None:
        if not request.user.has_perm(step.permission):
            raise PermissionDenied
        with transaction.atomic():
            schedules = _locked(queryset)
            proposal = steps.propose(step, schedules)
            if is_confirmed(request, proposal, schedules):
                steps.take(step, schedules, user_id(request))
                self.message_user(request, proposal.done)
                return None
        return proposal_page(self, request, schedules, proposal, step.label, back or self._address("changelist"))

    def _copy(self, request: HttpRequest, queryset: QuerySet[Schedule], *, back: str = "") -> HttpResponse | None:
        if not self.has_copy_permission(request):
            raise PermissionDenied
        with transaction.atomic():
            schedules = _locked(queryset)
            copy = copying.prepare(schedules)
            if is_confirmed(request, copy.proposal, schedules):
                copying.carry_out(copy, user_id(request))
                self.message_user(request, copy.proposal.done)
                return None
        back = back or self._address("changelist")
        return proposal_page(self, request, schedules, copy.proposal, _("Copy to next week"), back)

    def _make_new_version(self, request: HttpRequest, queryset: QuerySet[Schedule], *, back: str) -> HttpResponse:
        if not self.has_new_version_permission(request):
            raise PermissionDenied
        with transaction.atomic():
            (schedule,) = schedules = _locked(queryset)
            proposal = versions.propose(schedule)
            if is_confirmed(request, proposal, schedules):
                version = versions.make(schedule, user_id(request))
                self.message_user(request, gettext("This is the new version. Publish it when it is ready."))
                return HttpResponseRedirect(self._address("change", version))
        return proposal_page(self, request, schedules, proposal, _("New version"), back)

    def _address(self, page: str, schedule: Schedule | None = None) -> str:
        arguments = [schedule.pk] if schedule else []
        return reverse(f"admin:scheduling_schedule_{page}", args=arguments, current_app=self.admin_site.name)


def _locked(queryset: QuerySet[Schedule]) -> list[Schedule]:
    return list(queryset.select_for_update(of=("self",)).order_by("week_start", "pk"))
