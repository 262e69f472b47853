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

from scheduling.models import ScheduleAssignment
from scheduling.models.constraints import reason_of
from scheduling.workflow.messages import Change, notify_of_changes


def stored_assignments(keys: Iterable[int]) -> dict[int, ScheduleAssignment]:
    """Return assignments as the database has them, with the rows that messages about them name. One query."""
    return ScheduleAssignment.objects.select_related("employee", "shift", "schedule").in_bulk(list(keys))


class PlanPagesMixin(admin.ModelAdmin):
    """Asks to confirm warnings, explains a lost race in a sentence, and notifies people of published changes."""

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
        # A form without an action is submitted to the address of the page, which ends in "#content-start" after the
        # skip link was used: the browser would then jump there instead of to the box that confirms the warnings.
        form_url = form_url or request.get_full_path()
        if request.method == "POST" and object_id and (reason := self.why_read_only(request, unquote(object_id))):
            # The schedule was published after the form was shown. The user did nothing wrong, and a 403 would not
            # say what has happened.
            messages.error(request, gettext("Nothing was saved. %(reason)s") % {"reason": reason})
            return HttpResponseRedirect(request.get_full_path())
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except IntegrityError:
            # Someone else saved between our check and our write. Their row is there now, so a second check finds it,
            # says so beside our row, and keeps what was typed.
            return self._retry(request, object_id, form_url, extra_context)

    def why_read_only(self, request: HttpRequest, object_id: str) -> str:
        """Return why a row can no longer be changed; "" if it can, and if the user may not change any row."""
        return ""

    def _retry(self, request: HttpRequest, *args: Any) -> HttpResponse:
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
        before = stored_assignments(formset.posted("id"))
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
