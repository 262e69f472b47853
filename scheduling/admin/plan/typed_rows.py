"""The rows that were typed into a page whose plan cannot be changed any more, in words, so that they are not lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from django.http import HttpRequest
from django.utils.translation import gettext

from scheduling.admin.shared.shown import in_one_form, page_sent
from scheduling.models import Employee, ScheduleAssignment, Shift
from scheduling.policy.times import with_times

FIELDS = ("employee", "shift", "date", "status", "notes")
MAX_ROWS = 100
MAX_DIGITS = 19
"""A primary key has fewer than this many."""


def typed_rows(request: HttpRequest) -> str:
    """Return a sentence with the touched rows of the submitted page; "" if none was touched."""
    rows = [_in_words(row) for row in _touched(request)]
    return gettext("You had entered: %(rows)s.") % {"rows": "; ".join(rows)} if rows else ""


def _touched(request: HttpRequest) -> Iterator[Mapping[str, str]]:
    page = page_sent(request)
    for prefix in ("", *(f"assignments-{index}-" for index in range(MAX_ROWS))):
        row = {name: request.POST[prefix + name] for name in FIELDS if request.POST.get(prefix + name)}
        pk = request.POST.get(f"{prefix}id", "") if prefix else page.only_row_of(ScheduleAssignment)
        shown = page.of(ScheduleAssignment, pk) or {}
        if "employee" in row and any(in_one_form(value) != shown.get(name) for name, value in row.items()):
            yield row


def _in_words(row: Mapping[str, str]) -> str:
    employee, shift = row["employee"], row.get("shift", "")
    person = Employee.objects.get_by_id(int(employee)) if _is_key(employee) else None
    worked = Shift.objects.get_by_id(int(shift)) if _is_key(shift) else None
    parts = [str(person or employee), with_times(worked) if worked else shift, row.get("date", "")]
    return ", ".join(filter(None, [*parts, row.get("notes", "")]))


def _is_key(text: str) -> bool:
    return text.isdecimal() and len(text) < MAX_DIGITS
