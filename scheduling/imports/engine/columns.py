"""What a column of a file means: its names, its parser, and the model field that judges its values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from caching import CachedLookup
from scheduling.fields import LowerEmailField
from scheduling.imports.engine import values
from scheduling.imports.engine.values import DateOrder, Parser


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column that a kind of import knows."""

    name: str
    """Our header."""
    also: tuple[str, ...] = ()
    """Other names of it, as `headers.normalise` spells them."""
    field: str = ""
    """The model field that it fills and that validates it; empty for the one of the same name."""
    parse: Parser | None = None
    """How cells are read; None: as the type of the model field says."""
    lookup: CachedLookup | None = None
    """For a foreign key: what finds the row that the cell names."""
    fallback: Callable[[Iterable[Any]], dict[Any, Any]] | None = None
    """For a foreign key: natural key -> primary key of what the look-up did not find."""
    required: bool = False
    """The file must have the column, and every row a value in it."""
    stored: bool = True
    """False: the resource makes something else of the values than one field of the model."""
    exported: bool = True
    """False for another way to write what other columns have too."""
    path: str = ""
    """Where an export finds the value, "parent__code"; empty where field and look-up say so."""

    @property
    def field_name(self) -> str:
        return self.field or self.name


class Refused:
    """The outcome of a cell that cannot be read, with the reason."""

    __slots__ = ("reason",)

    def __init__(self, reason: str) -> None:
        self.reason = reason


class Memo(dict[Any, Any]):
    """Cell -> value or Refused, each spelling parsed and validated once (a file has few different dates)."""

    def __init__(self, convert: Callable[[Any], Any]) -> None:
        super().__init__()
        self._convert = convert
        self.refused = False

    def __missing__(self, cell: Any) -> Any:
        try:
            value = self._convert(cell)
        except ValidationError as error:
            value = Refused(" ".join(error.messages))
        except ValueError as error:
            value = Refused(str(error))
        self.refused = self.refused or isinstance(value, Refused)
        self[cell] = value
        return value


def read_column(cells: Sequence[Any], convert: Callable[[Any], Any]) -> tuple[list[Any], dict[int, str]]:
    """Return the values of a column, and the reasons of the cells refused (their value is None) by position."""
    memo = Memo(convert)
    found = [memo[cell] for cell in cells]
    if not memo.refused:
        return found, {}
    reasons = {position: value.reason for position, value in enumerate(found) if isinstance(value, Refused)}
    for position in reasons:
        found[position] = None
    return found, reasons


def converter(column: Column, field: models.Field[Any, Any] | None, order: DateOrder | None) -> Callable[[Any], Any]:
    """Return the function from a cell to the value of the model field: blank, parsed, validated."""
    parse = column.parse or parser_for(field, order)

    def convert(cell: Any) -> Any:
        if values.is_blank(cell):
            return blank(column, field)
        value = parse(cell)
        return field.clean(value, None) if field is not None and column.lookup is None else value

    return convert


def blank(column: Column, field: models.Field[Any, Any] | None) -> Any:
    """Return what an empty cell stores: nothing, the field's own default, or a refusal."""
    if field is None and not column.required:
        return None
    if field is None or column.required:
        raise ValueError(_("A value is needed here."))
    if field.null:
        return None
    if field.has_default():
        return field.get_default()
    if field.blank and field.empty_strings_allowed:
        return ""
    raise ValueError(_("A value is needed here."))


def parser_for(field: models.Field[Any, Any] | None, order: DateOrder | None) -> Parser:
    """Return how to read cells that fill this field."""
    if field is None or field.is_relation:
        return values.text
    if field.flatchoices:
        return values.choice({str(value): str(label) for value, label in field.flatchoices})
    parsers: tuple[tuple[type, Parser], ...] = (
        (LowerEmailField, values.email),
        (models.BooleanField, values.boolean),
        (models.DateField, values.date_in(order)),
        (models.TimeField, values.time),
        (models.DecimalField, values.decimal),
        (models.IntegerField, values.integer),
    )
    return next((parser for kind, parser in parsers if isinstance(field, kind)), values.text)
