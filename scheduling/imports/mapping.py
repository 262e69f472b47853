"""The sections of the preview in which a person says what columns and values of the file are.

No script is needed: each column and each value has a field whose name says what it is for. What is sent is checked
against the file and the database, because anybody may write another form.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from scheduling.imports.choices import Choices
from scheduling.imports.engine.columns import Column
from scheduling.imports.engine.file_columns import FileColumn
from scheduling.imports.engine.known_values import KnownValue, known_values, missing_values, near_values
from scheduling.imports.engine.problems import FileError, listed, meant, shown
from scheduling.imports.engine.resource import FileResource
from scheduling.imports.engine.results import ImportResult, UnknownValue
from scheduling.imports.engine.sheet import MAX_NAME_LENGTH
from scheduling.imports.engine.spelling import folded

MAX_VALUES_SHOWN = 100
MAX_OPTIONS = 200
"""A list has no more than this. For more there are near ones, and a field to write in."""
MAX_OPTIONS_OF_PAGE = 6_000
MAX_HINTS = 1_000
MAX_CHOSEN = 2_000
"""As many values of a column can be chosen for a file, in several forms. The last ones are kept."""
# The nearest of 5,000 people takes a tenth of a second: the first values have near ones, the others a field.
MAX_COMPARED = 60_000
NEW = "+"
KNOWN = "="


@dataclass(frozen=True, kw_only=True)
class Option:
    value: str
    label: str
    selected: bool = False


@dataclass(frozen=True, kw_only=True)
class ColumnField:
    """A column of the file, with the list of what it can be read as."""

    name: str
    header: str
    samples: Sequence[str]
    options: Sequence[Option]
    closed: str
    """What the column is called that the user may not change. Empty in all other cases."""


@dataclass(frozen=True, kw_only=True)
class ValueField:
    """A name that nobody has, with the list of what it can mean."""

    name: str
    header: str
    given: str
    rows: int
    near: Sequence[Option]
    others: Sequence[Option]
    text_name: str
    """The name of the field to write in. Empty if everything is in the list."""
    hints: str
    """The list of hints for what is written."""


def column_fields(resource: FileResource, columns: Iterable[FileColumn]) -> list[ColumnField]:
    """Return a field for each column of the file. Columns that the user may not change are not offered."""
    labels = {name: capfirst(label) for name, label in resource.kind.labels.items()}
    open_ones = {name: label for name, label in labels.items() if name not in resource.forbidden}
    return [
        ColumnField(
            name=f"column:{one.header}",
            header=one.header,
            samples=one.samples,
            closed=labels[one.column] if one.column in resource.forbidden else "",
            options=[
                Option(value="", label=_("leave out"), selected=one.column not in open_ones),
                *(Option(value=name, label=label, selected=name == one.column) for name, label in open_ones.items()),
            ],
        )
        for one in columns
    ]


def value_fields(resource: FileResource, unknown: Sequence[UnknownValue]) -> tuple[list[ValueField], dict[str, Any]]:
    """Return a field for each of the first unknown values, and by column the hints for fields to write in.

    Who may not see the rows of a model can write what is meant, and is not shown which ones there are.
    """
    columns = {column.name: column for column in resource.kind.columns}
    shown_ones = unknown[:MAX_VALUES_SHOWN]
    counts = Counter(one.column for one in shown_ones)
    seen = {name for name in counts if resource.values.may_view(columns[name].named_by.model)}  # type: ignore[union-attr]
    known = {name: known_values(columns[name]) if name in seen else [] for name in counts}
    wholly = {
        name
        for name, count in counts.items()
        if name in seen and len(known[name]) <= MAX_OPTIONS and count * len(known[name]) <= MAX_OPTIONS_OF_PAGE
    }
    fields, compared = [], 0
    for one in shown_ones:
        compared += sum(len(other.names) for other in known[one.column])
        near = near_values(one.given, known[one.column]) if compared <= MAX_COMPARED else []
        fields.append(_value_field(resource, columns[one.column], one, known[one.column], near, one.column in wholly))
    hints = {f"known-{name}": known[name][:MAX_HINTS] for name in counts if name not in wholly}
    return fields, hints


def _value_field(
    resource: FileResource,
    column: Column,
    one: UnknownValue,
    known: Sequence[KnownValue],
    near: Sequence[KnownValue],
    wholly: bool,
) -> ValueField:
    others = [other for other in known if other not in near] if wholly else []
    if one.known and one.known not in {other.key for other in (*near, *others)}:
        others = [KnownValue(key=one.known, label=one.known, names=()), *others]
    return ValueField(
        name=f"value:{one.column}:{one.given}",
        header=one.header,
        given=one.given,
        rows=one.rows,
        near=[*_without_choice(resource, column, one), *(_option(other, one.known) for other in near)],
        others=[_option(other, one.known) for other in others],
        text_name="" if wholly else f"text:{one.column}:{one.given}",
        hints="" if wholly else f"known-{one.column}",
    )


def _without_choice(resource: FileResource, column: Column, one: UnknownValue) -> list[Option]:
    """Return the options besides the known ones: to choose nothing, and to make a new one where that is allowed."""
    model = column.named_by.model  # type: ignore[union-attr]
    may_add = resource.values.may_add(model)
    new = _("make a new one")
    if column.make_new is not None and may_add:
        return [Option(value="", label=_("not chosen")), Option(value=NEW, label=new, selected=one.new)]
    return [Option(value="", label=new if column.makes_new and may_add else _("not chosen"))]


def _option(known: KnownValue, chosen: str) -> Option:
    return Option(value=f"{KNOWN}{known.key}", label=known.label, selected=known.key == chosen)


def sent_columns(sent: Mapping[str, str], resource: FileResource, columns: Sequence[FileColumn]) -> dict[str, str]:
    """Return our column for every header, as the form says; nothing if that is what the headers say anyway.

    Raises FileError if a column is chosen twice, or is not one that the user may change.
    """
    labels = resource.kind.labels
    chosen = {one.header: sent.get(f"column:{one.header}", one.column) for one in columns}
    if all(chosen[one.header] == one.guess for one in columns):
        return {}
    for header, name in chosen.items():
        if name and (name not in labels or name in resource.forbidden) and f"column:{header}" in sent:
            raise FileError(
                _("'%(header)s' cannot be read as '%(column)s'.") % {"header": header, "column": shown(name)}
            )
    for name, count in Counter(filter(None, chosen.values())).items():
        if count > 1:
            headers = listed(header for header, other in chosen.items() if other == name)
            words = {"headers": headers, "column": capfirst(labels[name])}
            text = _("%(headers)s are all to be read as %(column)s. Choose one of them, and leave the others out.")
            raise FileError(text % words)
    return chosen


def sent_values(sent: Mapping[str, str], resource: FileResource, before: Choices) -> Choices:
    """Return the values that are known and those that are to be made, as the form says; others stay as they were.

    Raises FileError for a name that nobody has.
    """
    columns = {one.name: one for one in resource.kind.columns if one.named_by is not None}
    known = {name: dict(chosen) for name, chosen in before.get("values", {}).items()}
    new = {name: list(names) for name, names in before.get("new", {}).items()}
    wanted: dict[str, set[str]] = {}
    for field, text in sent.items():
        kind, __, rest = field.partition(":")
        name, __, given = rest.partition(":")
        if kind != "value" or name not in columns or not given or len(given) > MAX_NAME_LENGTH or "\0" in given + text:
            continue
        written = " ".join(sent.get(f"text:{name}:{given}", "").replace("\0", "").split())[:MAX_NAME_LENGTH]
        meant_one = written or (text[len(KNOWN) :][:MAX_NAME_LENGTH] if text.startswith(KNOWN) else "")
        # What was chosen before for the same name in another spelling goes.
        before_it = [key for other, key in known.get(name, {}).items() if folded(other) == folded(given)]
        if meant_one and before_it == [meant_one]:
            continue
        known[name] = {other: key for other, key in known.get(name, {}).items() if folded(other) != folded(given)}
        new[name] = [other for other in new.get(name, []) if folded(other) != folded(given)]
        if meant_one:
            known[name][given] = meant_one
            wanted.setdefault(name, set()).add(meant_one)
        elif text == NEW and columns[name].make_new is not None:
            new[name].append(given)
    for name, keys in wanted.items():
        if missing := sorted(missing_values(columns[name], keys)):
            raise FileError(_unknown(resource, columns[name], missing[0]))
    return {
        "values": {name: dict([*chosen.items()][-MAX_CHOSEN:]) for name, chosen in known.items() if chosen},
        "new": {name: names[-MAX_CHOSEN:] for name, names in new.items() if names},
    }


def _unknown(resource: FileResource, column: Column, key: str) -> str:
    model = column.named_by.model  # type: ignore[union-attr]
    near = near_values(key, known_values(column)) if resource.values.may_view(model) else []
    words = {"model": model._meta.verbose_name, "name": shown(key)}
    text = _("There is no %(model)s '%(name)s' that is not archived.") % words
    return text + meant(near[0].key) if near else text


def mapping_context(resource: FileResource, result: ImportResult, choices: Choices) -> dict[str, Any]:
    """Return what the sections show."""
    values, hints = value_fields(resource, result.unknown)
    unread = [one for one in result.columns if not one.column]
    return {
        "column_fields": column_fields(resource, result.columns),
        "columns_read": len(result.columns) - len(unread),
        "columns_open": bool(result.sentences) or any(one.header not in choices.get("columns", {}) for one in unread),
        "value_fields": values,
        "value_hints": hints,
        "more_values": max(0, len(result.unknown) - len(values)),
        "values_open": bool(result.refused) or any(not one.known for one in result.unknown),
    }
