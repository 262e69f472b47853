"""What the pages of schedules, shifts and assignments have in common: all of them change who works when."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.models import ADDITION, CHANGE, DELETION
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import translation
from django.utils.translation import gettext

from scheduling.admin.plan.typed_rows import typed_rows
from scheduling.admin.shared.row_pages import RowPagesMixin
from scheduling.admin.shared.users import user_id
from scheduling.models import ScheduleAssignment
from scheduling.models.constraints import reason_of
from scheduling.workflow import history
from scheduling.workflow.messages import Change, notify_of_changes


def stored_assignments(keys: Iterable[int]) -> dict[int, ScheduleAssignment]:
    """Return assignments as the database has them, with the rows that messages about them name. One query."""
    return ScheduleAssignment.objects.select_related("employee", "shift", "schedule").in_bulk(list(keys))


class PlanPagesMixin(RowPagesMixin):
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
        return super().changeform_view(request, object_id, form_url or request.get_full_path(), extra_context)

    def answer_before(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        if object_id.isdecimal():
            self.lock(int(object_id))
        reason = self.why_read_only(request, object_id)
        if not reason:
            return None
        # The schedule was published after the form was shown. The user did nothing wrong, and a 403 would not say what
        # has happened.
        text = gettext("Nothing was saved. %(reason)s") % {"reason": reason}
        messages.error(request, " ".join(filter(None, [text, self.typed_in_words(request)])))
        return HttpResponseRedirect(request.get_full_path())

    def typed_in_words(self, request: HttpRequest) -> str:
        return typed_rows(request)

    def lock(self, object_id: int) -> None:
        """Lock what decides whether the row may be changed, before the row itself is locked."""

    def why_read_only(self, request: HttpRequest, object_id: str) -> str:
        """Return why a row can no longer be changed; "" if it can, and if the user may not change any row."""
        return ""

    def reason_of(self, error: IntegrityError) -> str:
        return reason_of(error, ScheduleAssignment if _is_about_assignments(error) else self.model)

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
        self.say_what_disappeared(request, formset)
        changed = [Change(before.get(row.pk), row) for row, _fields in formset.changed_objects]
        added = [Change(None, row) for row in formset.new_objects]
        # A deleted row has lost its primary key by now, and may have been changed in the form besides.
        gone = before.keys() - {form.instance.pk for form in formset.initial_forms}
        notify_of_changes([*changed, *added, *(Change(before[pk], None) for pk in gone)])
        self._write_history(request, formset, [before[pk] for pk in gone])

    def _write_history(self, request: HttpRequest, formset: Any, gone: Sequence[ScheduleAssignment]) -> None:
        """Write an entry for each row besides the one of the page, so that each row has a history of its own."""
        with translation.override(None):  # the history is translated when it is read
            labels = {name: str(field.label) for name, field in formset.form.base_fields.items()}
            changes = [
                json.dumps([{"changed": {"fields": [labels[name] for name in fields if name in labels]}}])
                for _row, fields in formset.changed_objects
            ]
        added = json.dumps([{"added": {}}])
        history.write(user_id(request), [row for row, _fields in formset.changed_objects], CHANGE, changes)
        history.write(user_id(request), formset.new_objects, ADDITION, [added] * len(formset.new_objects))
        history.write(user_id(request), gone, DELETION, [""] * len(gone))


def _is_about_assignments(error: IntegrityError) -> bool:
    """Whether the database names their table, as SQLite does, or one of their constraints, as PostgreSQL does."""
    meta = ScheduleAssignment._meta
    return any(name in str(error) for name in (meta.db_table, *(constraint.name for constraint in meta.constraints)))
