"""What a user has chosen for files with certain headers: kept, found again for the next such file, and forgotten.

What no longer fits is left out with a sentence: a column that the user may not change any more, or a shift that is
archived. What was chosen once is never a reason to guess.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scheduling.imports.choices import HOW_IT_IS_READ, READING, Choices, read_options
from scheduling.imports.engine.file_columns import columns_of, form_of
from scheduling.imports.engine.files import ReadOptions, Upload
from scheduling.imports.engine.known_values import missing_values, named_values
from scheduling.imports.engine.problems import FileError, listed, shown
from scheduling.imports.engine.resource import FileResource
from scheduling.imports.engine.tables import Table
from scheduling.models import ImportChoices

KEPT = (*READING, "columns", "values")
MAX_VALUES = 500
"""How many values are remembered for a column of a form: those that were chosen last."""


@dataclass
class Recalled:
    """What was chosen for the form of a file, as far as it still fits."""

    options: Choices = field(default_factory=dict)
    chosen_at: datetime.datetime | None = None
    """None if nothing was chosen for this form."""
    sentences: list[str] = field(default_factory=list)
    """What does not fit any more."""


def recall(resource: type[FileResource], user: Any, upload: Upload, said: Mapping[str, Any]) -> Recalled:
    """Return what the user has chosen for files like this one. What is `said` now about its reading comes first.

    One query if the user has never chosen anything for files of the kind.
    """
    remembered = _of(user, resource.kind.name)
    if not remembered.exists():
        return Recalled()
    form = form_of_file(resource, upload, said)
    choices = remembered.filter(form=form).first() if form else None
    if choices is None:
        return Recalled()
    options = {**choices.options, **{name: said[name] for name in READING if said.get(name)}}
    recalled = Recalled(options=options, chosen_at=choices.chosen_at)
    _keep_what_can_be_read(resource, upload, recalled, said)
    columns, sentences = fitting_columns(resource, options.get("columns", {}))
    recalled.options["columns"] = _as_spelled(resource, upload, recalled.options, columns)
    recalled.sentences += sentences
    recalled.options["values"], sentences = fitting_values(resource, options.get("values", {}))
    recalled.sentences += sentences
    return recalled


def remember(resource: type[FileResource], user: Any, upload: Upload, options: Mapping[str, Any]) -> None:
    """Keep what was chosen for the next file of this form; forget the form if nothing is chosen for it any more.

    One query if nothing was chosen, now or before.
    """
    kind = resource.kind.name
    kept = {name: options[name] for name in KEPT if options.get(name)}
    if not kept and not _of(user, kind).exists():
        return
    form = form_of_file(resource, upload, options)
    if not kept or not form:
        _of(user, kind).filter(form=form).delete()
        return
    if "values" in kept:
        kept["values"] = {name: dict([*chosen.items()][-MAX_VALUES:]) for name, chosen in kept["values"].items()}
    defaults = {"options": kept, "chosen_at": timezone.now()}
    ImportChoices.objects.update_or_create(user=user, kind=kind, form=form, defaults=defaults)
    last = _of(user, kind).values_list("pk", flat=True)[: ImportChoices.MAX_FORMS]
    _of(user, kind).exclude(pk__in=[*last]).delete()


def forget(resource: type[FileResource], user: Any, upload: Upload, options: Mapping[str, Any]) -> None:
    """Forget what was chosen for files of this form."""
    _of(user, resource.kind.name).filter(form=form_of_file(resource, upload, options)).delete()


def form_of_file(resource: type[FileResource], upload: Upload, options: Mapping[str, Any]) -> str:
    """Return the form of a file: that of its headers, as they are read without a choice. Empty if it is no table.

    The next file comes without a choice, so a chosen encoding or sheet counts only if nothing can be read without.
    """
    table = _table(resource, upload, ReadOptions()) or _table(resource, upload, read_options(options))
    return form_of(table.headers or ()) if table is not None else ""


def fitting_columns(resource: type[FileResource], columns: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Return the columns that the kind still has and the user may change, and a sentence about the others."""
    allowed = {column.name for column in resource.kind.columns} - resource.forbidden
    fit = {header: column for header, column in columns.items() if not column or column in allowed}
    # Sorted, because PostgreSQL keeps the pairs of a JSON object in an order of its own.
    lost = [shown(header) for header in sorted(columns) if header not in fit]
    text = _("What you had chosen for %(columns)s was left out: there is no such field, or you may not change it.")
    return fit, [text % {"columns": listed(lost)}] if lost else []


def fitting_values(
    resource: type[FileResource], values: Mapping[str, Mapping[str, str]]
) -> tuple[dict[str, dict[str, str]], list[str]]:
    """Return the values of which the chosen one is still there, and sentences about the others.

    A value that somebody has by now means that one, and not what was chosen before.
    """
    fit: dict[str, dict[str, str]] = {}
    sentences = []
    columns = {column.name: column for column in resource.kind.columns if column.named_by is not None}
    for name, chosen in values.items():
        if name not in columns:
            continue
        gone, named = missing_values(columns[name], chosen.values()), named_values(columns[name], chosen)
        fit[name] = {given: known for given, known in chosen.items() if known not in gone and given not in named}
        if lost := sorted(given for given, known in chosen.items() if known in gone):
            known = sorted({chosen[given] for given in lost})
            text = ngettext(
                "What you had chosen for %(given)s was left out: %(known)s is archived or deleted.",
                "What you had chosen for %(given)s was left out: %(known)s are archived or deleted.",
                len(known),
            )
            sentences.append(text % {"given": listed(map(shown, lost)), "known": listed(known)})
        if named:
            text = _("What you had chosen for %(given)s was left out: there is one of this name now.")
            sentences.append(text % {"given": listed(map(shown, sorted(named)))})
    return {name: chosen for name, chosen in fit.items() if chosen}, sentences


def _keep_what_can_be_read(
    resource: type[FileResource], upload: Upload, recalled: Recalled, said: Mapping[str, Any]
) -> None:
    """Leave out the encoding or the sheet that was chosen before if this file cannot be read like that."""
    names = [name for name in HOW_IT_IS_READ if recalled.options.get(name) and not said.get(name)]
    if names and _table(resource, upload, read_options(recalled.options)) is None:
        lost = [recalled.options.pop(name) for name in names]
        text = _("What you had chosen was left out, because this file cannot be read like that: %(options)s.")
        recalled.sentences.append(text % {"options": listed(map(shown, lost))})


def _as_spelled(
    resource: type[FileResource], upload: Upload, options: Mapping[str, Any], columns: Mapping[str, str]
) -> dict[str, str]:
    """Return what was chosen for all columns of this file, whose headers may be spelled in another way."""
    table = _table(resource, upload, read_options(options)) if columns else None
    if table is None:
        return dict(columns)
    return {one.header: one.column for one in columns_of(table, resource.kind, columns)}


def _table(resource: type[FileResource], upload: Upload, read: ReadOptions) -> Table | None:
    try:
        return upload.table(resource.kind.known_headers, read)
    except FileError:
        return None


def _of(user: Any, kind: str) -> Any:
    return ImportChoices.objects.filter(user=user, kind=kind)
