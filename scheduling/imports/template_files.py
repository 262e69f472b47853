"""A file for each kind to begin with: its headers, one example row, and a sheet that says what goes into each column.

The example is a row that is there already, so that it changes nothing when it is uploaded as it is. If there is none,
or if its model has fields that not everybody may see, it is a made-up one, with a department, an employee and a shift
that exist.
"""

from __future__ import annotations

import datetime
import io
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import tablib
from django.db import models
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from xlsxwriter import Workbook

from scheduling.calendar import monday_of
from scheduling.exports.formats import TypedSheet
from scheduling.imports.engine import values
from scheduling.imports.engine.columns import Column
from scheduling.imports.engine.import_kind import ImportKind
from scheduling.imports.engine.problems import listed
from scheduling.imports.engine.resource import FileResource
from scheduling.models import Department, Employee, Shift
from scheduling.models.guarded import guarded_fields

Example = dict[str, Any]
# Excel allows no longer name of a sheet.
_MAX_TITLE = 31


def template_of(resource: FileResource) -> bytes:
    """Return the template of a kind as XLSX, without the columns that are closed to the user of the resource."""
    file = io.BytesIO()
    kind, names = resource.kind, resource.get_export_order()
    example = example_of(resource)
    columns = {column.name: column for column in kind.columns}
    with Workbook(file, {"in_memory": True}) as book:
        sheet = TypedSheet(book, str(capfirst(kind.label))[:_MAX_TITLE])
        sheet.write(0, headers_of(kind, names).values())
        if example:
            sheet.write(1, [example.get(name) for name in names])
        formats = TypedSheet(book, _("Formats"))
        formats.write(0, [_("Column"), _("Needed"), _("What it takes")])
        for place, (name, header) in enumerate(headers_of(kind, names).items(), 1):
            formats.write(place, [header, _needed(kind, columns[name]), format_of(kind, columns[name])])
    return file.getvalue()


def headers_of(kind: ImportKind, names: list[str]) -> dict[str, str]:
    """Return the header of each column: our names, or in German the German ones that an import reads as these."""
    columns = {column.name: column for column in kind.columns}
    return {name: _header(kind, columns[name]) for name in names}


def _header(kind: ImportKind, column: Column) -> str:
    if (get_language() or "").startswith("en"):
        return column.name
    words = kind.words[column.name]
    field = kind.field_of(column)
    label = str(field.verbose_name if field is not None else column.label)
    known = kind.known_headers
    # The label of the forms where an import knows it; else one of the words, of which the longest says most.
    candidates = [
        label,
        *sorted((word.replace("_", " ") for word in words if _is_foreign(column, word)), key=len)[::-1],
    ]
    found = (text for text in candidates if text and known.columns([text]) == {column.name})
    return capfirst(next(found, column.name)) or column.name


def _is_foreign(column: Column, word: str) -> bool:
    return word != column.name and word not in column.aliases


def example_of(resource: FileResource) -> Example:
    """Return the values of the example row by our columns, empty if the kind refers to what does not exist yet."""
    for example in _candidates(resource):
        given = {name: value for name, value in example.items() if value not in (None, "")}
        table = tablib.Dataset(list(given.values()), headers=list(given))
        result = type(resource)().import_data(table, dry_run=True)
        if not result.failed and not result.updated:
            return example
    return {}


def _candidates(resource: FileResource) -> Iterator[Example]:
    last = resource.get_queryset().order_by("-pk").values_list("pk", flat=True).first()
    # A template is passed on, also to people who may not see what is guarded. Without it the row would be changed.
    if last is not None and not guarded_fields(resource.kind.model):
        (row,) = resource.export(resource.get_queryset().filter(pk=last)).dict
        yield dict(row)
    made_up = EXAMPLES[resource.kind.name]()
    if None not in made_up.values():
        yield {name: value for name, value in made_up.items() if name not in resource.forbidden}


def _monday() -> datetime.date:
    return monday_of(timezone.localdate()) + datetime.timedelta(days=7)


def _department() -> str | None:
    return Department.objects.filter(active=True).order_by("pk").values_list("code", flat=True).first()


def _employee() -> Example:
    return {
        "email": "amy.reed@example.com",
        "employee_number": "A-1001",
        "first_name": "Amy",
        "last_name": "Reed",
        "department_code": _department(),
        "hire_date": _monday(),
    }


def _shift() -> Example:
    times = {"start_time": datetime.time(6), "end_time": datetime.time(14)}
    return {"name": _("Early"), "shift_type": _("Early"), **times, "break_minutes": 30, "required_staff": 2}


def _assignment() -> Example:
    employee = Employee.objects.filter(is_active=True).order_by("pk").first()
    shift = Shift.objects.filter(active=True).order_by("pk").first()
    return {
        "employee_email": employee.address_or_number if employee else None,
        "shift_name": shift.name if shift else None,
        "date": _monday(),
    }


EXAMPLES: Mapping[str, Callable[[], Example]] = {
    "departments": lambda: {"code": "KIT", "name": _("Kitchen")},
    "shift_types": lambda: {"name": _("Early"), "code": "E"},
    "shifts": _shift,
    "employees": _employee,
    "schedules": lambda: {"department_code": _department(), "week_start": _monday()},
    "assignments": _assignment,
    "rules": lambda: {"name": _("Rest between shifts"), "kind": "rest_period", "scope": "global", "min_hours": 11},
}
"""A made-up row of each kind. None stands for what does not exist yet."""


def _needed(kind: ImportKind, column: Column) -> str:
    if column.required and not column.instead:
        return _("always")
    return _("for new rows") if column.required or column.name in kind.required_for_new else ""


def format_of(kind: ImportKind, column: Column) -> str:
    """Return in words what the cells of a column take."""
    field = kind.field_of(column)
    if column.lookup is not None:
        return _("The code, number, address or name of one that is there.")
    if column.parse is values.names:
        return _("Names, separated by |.")
    if column.parse is values.date or isinstance(field, models.DateField):
        return _("A date, such as 2026-12-31.")
    if field is not None and field.flatchoices:
        return _("One of %(choices)s.") % {"choices": listed((str(label) for __, label in field.flatchoices), limit=20)}
    formats: tuple[tuple[type, str], ...] = (
        (models.BooleanField, _("yes or no")),
        (models.TimeField, _("A time, such as 06:30.")),
        (models.EmailField, _("An e-mail address.")),
        (models.DecimalField, _("A number.")),
        (models.IntegerField, _("A whole number.")),
    )
    return next((words for type_, words in formats if isinstance(field, type_)), _("A text."))
