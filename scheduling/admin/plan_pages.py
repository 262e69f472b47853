"""What the pages of schedules, shifts and assignments have in common: all of them change who works when."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext

from scheduling.models import Schedule, ScheduleAssignment
from scheduling.models.constraints import reason_of
from scheduling.workflow.messages import Change, notify_of_changes

EDIT_PUBLISHED = "scheduling.change_published_schedule"


def may_edit_published(request: HttpRequest) -> bool:
    return request.user.has_perm(EDIT_PUBLISHED)


def may_plan(request: HttpRequest, schedule: Schedule | None) -> bool:
    """Whether the user may change what is in the schedule: published ones with a permission, replaced ones never."""
    if schedule is None or not schedule.is_read_only:
        return True
    return may_edit_published(request) and not is_replaced(schedule)


def is_replaced(schedule: Schedule) -> bool:
    """Whether there is a newer version of the week. A cached read."""
    versions = Schedule.objects.of_department(schedule.department_id)
    return any(one.week_start == schedule.week_start and one.version > schedule.version for one in versions)


def stored(keys: Iterable[int]) -> dict[int, ScheduleAssignment]:
    """Return the assignments as the database has them, with what messages about them name. One query."""
    return ScheduleAssignment.objects.select_related("employee", "shift", "schedule").in_bulk(list(keys))


class PlanPagesMixin(admin.ModelAdmin):
    """Shows warnings for confirmation, turns a lost race into a sentence, and tells people of published changes."""

    change_form_template = "scheduling/plan_form.html"

    class Media:
        css = {"all": ["scheduling/planning.css"]}

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        # A form without an address is sent to that of the page, with "#content-start" after the skip link: the browser
        # then goes there, and not to the box of a warning.
        form_url = form_url or request.get_full_path()
        if request.method == "POST" and object_id and (reason := self.why_read_only(request, unquote(object_id))):
            # It was published after this form was shown: no fault of who sends it, whom a 403 would tell nothing.
            messages.error(request, gettext("Nothing was saved. %(reason)s") % {"reason": reason})
            return HttpResponseRedirect(request.get_full_path())
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except IntegrityError:
            # Somebody was faster between our look and our write. Theirs is there now, so a second look finds it, says
            # so beside the row, and keeps what was typed.
            return self._once_more(request, object_id, form_url, extra_context)

    def why_read_only(self, request: HttpRequest, object_id: str) -> str:
        """Return why a row takes no changes by now, or nothing: also where the user may change none of them."""
        return ""

    def _once_more(self, request: HttpRequest, *args: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args)
        except IntegrityError as error:
            model = ScheduleAssignment if _is_about_assignments(error) else self.model
            messages.error(request, reason_of(error, model))
            return HttpResponseRedirect(request.get_full_path())

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        parts = [context["adminform"].form, *(inline.formset for inline in context["inline_admin_formsets"])]
        context["warned"] = next((part for part in parts if getattr(part, "warnings", None)), None)
        return super().render_change_form(request, context, *args, **kwargs)

    def save_formset(self, request: HttpRequest, form: forms.Form, formset: Any, change: bool) -> None:
        if formset.model is not ScheduleAssignment:
            super().save_formset(request, form, formset, change)
            return
        before = stored(formset.posted("id"))
        super().save_formset(request, form, formset, change)
        changed = [Change(before.get(row.pk), row) for row, _fields in formset.changed_objects]
        added = [Change(None, row) for row in formset.new_objects]
        # A deleted row has lost its primary key by now, and may have been changed in the form besides.
        gone = before.keys() - {form.instance.pk for form in formset.initial_forms}
        notify_of_changes([*changed, *added, *(Change(before[pk], None) for pk in gone)])


def _is_about_assignments(error: IntegrityError) -> bool:
    """Whether the database names their table, as SQLite does, or one of their constraints, as PostgreSQL does."""
    meta = ScheduleAssignment._meta
    return any(name in str(error) for name in (meta.db_table, *(constraint.name for constraint in meta.constraints)))


def edited_published(request: HttpRequest, formset: type[Any]) -> type[Any]:
    """Return the formset class of this request, which knows what its user may do."""
    formset.may_edit_published = may_edit_published(request)
    return formset


def read_only_note(request: HttpRequest, schedule: Schedule) -> str:
    """Return why the page of a schedule offers no changes, or nothing if it does."""
    if not schedule.is_read_only:
        return ""
    if is_replaced(schedule):
        return gettext("A newer version has taken the place of this one, which stays as it is.")
    told = {"status": Schedule.Status(schedule.status).label}
    if may_edit_published(request):
        return gettext("This schedule is %(status)s. People are told of every change.") % told
    return gettext("This schedule is %(status)s and takes no changes: they go into a new version.") % told
