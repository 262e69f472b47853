"""What a browser sends to the pages on which people are planned, and what it is shown."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from scheduling.admin.shared.shown import FIELD, ShownPage, in_one_form, read
from scheduling.models import Schedule, ScheduleAssignment, Shift

CONFIRMED = "confirmed_warnings"


def this_monday() -> datetime.date:
    today = timezone.localdate()
    return today - datetime.timedelta(days=today.weekday())


def url(page: str, row: Model | None = None, model: type[Model] | None = None) -> str:
    kind = (model or type(row))._meta.model_name
    return reverse(f"admin:scheduling_{kind}_{page}", args=[row.pk] if row else [])


class Row(dict[str, Any]):
    """What a browser sends of one row, and what its page has shown of it."""

    shown: dict[str, str]


def row_of(assignment: ScheduleAssignment, **changes: Any) -> Row:
    """Return the fields of one row, as the inline has them."""
    fields = {
        "id": assignment.pk or "",
        "employee": assignment.employee_id,
        "shift": assignment.shift_id,
        "schedule": assignment.schedule_id,
        "date": assignment.date.isoformat(),
        "status": assignment.status,
        "notes": assignment.notes,
    }
    row = Row({**fields, **changes})
    row.shown = {name: str(value) for name, value in fields.items()} | {"priority": str(assignment.priority)}
    row.shown["notes"] = in_one_form(" ".join(assignment.notes.splitlines()))
    return row


def page_of(*rows: dict[str, Any], besides: Mapping[str, Any] | None = None) -> dict[str, str]:
    """Return the field by which a page says what it has shown of the rows."""
    known = [row for row in rows if isinstance(row, Row) and row.shown["id"]]
    shown = {f"scheduleassignment:{row.shown['id']}": row.shown for row in known}
    page = ShownPage(user=0, at=timezone.now(), rows={**(besides or {}), **shown})
    return {FIELD: page.signed()}


def shown_on(client: Client, address: str) -> dict[str, str]:
    """Return the field by which a page says what it has shown, from the page itself; empty if it has no form."""
    return {FIELD: client.get(address).context.get("shown", "")}


def inline(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the form of an inline: stored rows first, as the page has them."""
    ordered = sorted(rows, key=lambda row: row["id"] == "")
    sent = {
        "assignments-TOTAL_FORMS": len(ordered),
        "assignments-INITIAL_FORMS": sum(row["id"] != "" for row in ordered),
    }
    for number, row in enumerate(ordered):
        sent |= {f"assignments-{number}-{name}": value for name, value in row.items()}
    return sent


def send_week(client: Client, schedule: Schedule, *rows: dict[str, Any], **more: Any) -> Any:
    return client.post(url("change", schedule), {**inline(rows), **page_of(*rows), **more})


def send_shift(client: Client, shift: Shift, *rows: dict[str, Any], **more: Any) -> Any:
    fields = ("name", "shift_type_id", "start_time", "end_time", "break_minutes", "required_staff")
    shown = {name.removesuffix("_id"): getattr(shift, name) for name in fields} | {"active": "on"}
    page = read(shown_on(client, url("change", shift))[FIELD])
    besides = page.rows if page is not None else {}
    return client.post(url("change", shift), {**shown, **inline(rows), **page_of(*rows, besides=besides), **more})


def send_form(client: Client, assignment: ScheduleAssignment, **more: Any) -> Any:
    """Send the form of one assignment, to add or to change it."""
    row = row_of(assignment)
    form = {**row, "priority": assignment.priority, **page_of(row), **more}
    adding = assignment.pk is None
    return client.post(url("add", model=ScheduleAssignment) if adding else url("change", assignment), form)


def act(client: Client, action: str, rows: Iterable[Model], model: type[Model], **more: Any) -> Any:
    """Ask for an action with the selected rows of a list."""
    form = {"action": action, "_selected_action": [row.pk for row in rows], **more}
    return client.post(url("changelist", model=model), form)


def token_in(response: Any) -> str:
    """Return what the box for the warnings of a page sends when it is ticked."""
    warned = response.context.get("warned")
    warnings = warned.warnings if warned else response.context["warnings"]
    assert f'name="{CONFIRMED}" value="{warnings.token}"' in response.text
    return str(warnings.token)


def errors_in(response: Any) -> list[str]:
    """Return all errors of the forms of a page."""
    found = [message for messages in response.context["adminform"].form.errors.values() for message in messages]
    for formset in response.context["inline_admin_formsets"]:
        found += formset.formset.non_form_errors()
        found += [message for errors in formset.formset.errors for each in errors.values() for message in each]
    return found
