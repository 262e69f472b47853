"""What a column of a file means: its names, its parser, and the model field that validates its values."""

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
from scheduling.imports.engine.error_values import refuse_error
from scheduling.imports.engine.texts import MAX_CELL_LENGTH, Unreadable
from scheduling.imports.engine.values import DateOrder, Parser

# Codes, numbers of people and the like are in fields that are no longer than this.
MAX_CODE_LENGTH = 32


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column that a kind of import knows."""

    name: str
    """Our header."""
    aliases: tuple[str, ...] = ()
    """Other names of the column, as `headers.normalise` spells them."""
    label: Any = ""
    """What people call the column, translated. Empty if the label of the model field says it."""
    field: str = ""
    """The model field that it fills and that validates it. Empty if that field has the name of the column."""
    parse: Parser | None = None
    """Reads the cells. None: the type of the model field decides."""
    lookup: CachedLookup | None = None
    """For a foreign key: finds the row that the cell names."""
    fallback: Callable[[Iterable[Any]], dict[Any, Any]] | None = None
    """For names of rows: takes what is not found by `named_by`, and returns primary keys for some or all of it."""
    refers_to: models.Field[Any, Any] | None = None
    """For a column without a look-up whose cells name rows of another model: the field with these names."""
    make_new: Callable[[Iterable[str]], dict[str, Any]] | None = None
    """For a foreign key: returns unsaved rows for names that nobody has, or a ValidationError, if the user wants it."""
    makes_new: bool = False
    """Whether names that nobody has are made in any case, if the user may add such rows."""
    required: bool = False
    """Whether the file must have the column, and every row a value in it."""
    instead: tuple[str, ...] = ()
    """Columns any of which can take the place of a required one. The kind then judges the cells that are empty."""
    identifies: bool = False
    """Whether the column only says which row is meant, so that an empty cell says nothing about the value."""
    stored: bool = True
    """False if the values are not stored in a single field of the model."""
    exported: bool = True
    """False for a second way to write what other columns contain."""
    export_path: str = ""
    """Where an export finds the value, "parent__code". Empty where `field` and `lookup` tell it."""

    @property
    def field_name(self) -> str:
        return self.field or self.name

    @property
    def named_by(self) -> models.Field[Any, Any] | None:
        """The field by whose values the cells name rows of another model, or None if they are no such names."""
        return self.lookup.field if self.lookup is not None else self.refers_to


class Refused:
    """What a cell becomes that cannot be read: the reason."""

    __slots__ = ("reason",)

    def __init__(self, reason: str) -> None:
        self.reason = reason


class _Unfilled:
    """The type of UNFILLED."""

    def __repr__(self) -> str:
        return "UNFILLED"


UNFILLED = _Unfilled()
"""What an empty cell becomes where it is no value: a stored row keeps its value, and a new row gets the default."""


class Memo(dict[Any, Any]):
    """Cell to value or Refused. Each spelling is parsed and validated once: a file has few different dates.

    Cells that are not texts go under their type too, because 1, 1.0 and True are the same key and different cells.
    """

    def __init__(self, convert: Callable[[Any], Any]) -> None:
        super().__init__()
        self._convert = convert
        self.refused = False

    def __missing__(self, key: Any) -> Any:
        try:
            value = self._convert(key if type(key) is str else key[1])
        except ValidationError as error:
            value = Refused(" ".join(error.messages))
        except ValueError as error:
            value = Refused(str(error))
        self.refused = self.refused or isinstance(value, Refused)
        self[key] = value
        return value


def read_column(cells: Sequence[Any], convert: Callable[[Any], Any]) -> tuple[list[Any], dict[int, str]]:
    """Return the values of a column, and by position why cells were refused. The value of a refused cell is None."""
    memo = Memo(convert)
    found = [memo[cell if type(cell) is str else (type(cell), cell)] for cell in cells]
    if not memo.refused:
        return found, {}
    reasons = {position: value.reason for position, value in enumerate(found) if isinstance(value, Refused)}
    for position in reasons:
        found[position] = None
    return found, reasons


def converter(column: Column, field: models.Field[Any, Any] | None, order: DateOrder | None) -> Callable[[Any], Any]:
    """Return the function that turns a cell into the value of the model field, parsed and validated."""
    parse = values.date_in(order) if column.parse is values.date else column.parse or parser_for(field, order)

    def convert(cell: Any) -> Any:
        if values.is_blank(cell):
            return blank(column, field)
        refuse_unreadable(cell)
        value = parse(cell)
        return field.clean(value, None) if field is not None and column.lookup is None else value

    return convert


def refuse_unreadable(cell: Any) -> None:
    """Raise ValueError for a cell that no parser should see: without a value of its own, or far too long."""
    if isinstance(cell, Unreadable):
        raise ValueError(cell.reason)
    refuse_error(cell)
    if isinstance(cell, str) and len(cell) > MAX_CELL_LENGTH:
        words = {"length": len(cell), "most": MAX_CELL_LENGTH}
        raise ValueError(_("This has %(length)d characters. At most %(most)d can be imported.") % words)


def blank(column: Column, field: models.Field[Any, Any] | None) -> Any:
    """Return what an empty cell means: None or an empty text where the field can be empty, UNFILLED where it cannot."""
    if column.required and not column.instead:
        raise ValueError(_("A value is needed here."))
    if column.identifies:
        return UNFILLED
    if field is None or field.null:
        return None
    if field.has_default():
        return UNFILLED
    if field.blank and field.empty_strings_allowed:
        return ""
    raise ValueError(_("A value is needed here."))


def parser_for(field: models.Field[Any, Any] | None, order: DateOrder | None) -> Parser:
    """Return the parser for cells that fill this field."""
    if field is None or field.is_relation:
        return values.text
    if field.flatchoices:
        return values.choice({str(value): label for value, label in field.flatchoices})
    if isinstance(field, models.CharField) and not isinstance(field, models.EmailField):
        return _parser_of_text(field)
    parsers: tuple[tuple[type, Parser], ...] = (
        (LowerEmailField, values.email),
        (models.BooleanField, values.boolean),
        (models.DateField, values.date_in(order)),
        (models.TimeField, values.time),
        (models.DecimalField, values.decimal),
        (models.IntegerField, values.integer),
    )
    return next((parser for kind, parser in parsers if isinstance(field, kind)), values.text)


def _parser_of_text(field: models.CharField[Any, Any]) -> Parser:
    if field.name == "phone":
        return values.phone
    return values.code if field.max_length and field.max_length <= MAX_CODE_LENGTH else values.line
