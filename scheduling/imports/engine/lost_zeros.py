"""Numbers that have lost the zeros with which they begin, compared with what is stored.

A spreadsheet makes 102 of 00102, and other programs make 102.0 of it. To people, that is the same number, and to a
payroll it is another one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils.translation import gettext as _

from scheduling.imports.engine.bulk import chunks
from scheduling.imports.engine.columns import MAX_CODE_LENGTH
from scheduling.imports.engine.problems import shown
from scheduling.imports.engine.sheet import Sheet
from scheduling.imports.engine.texts import number_with_decimals, whole_with_decimals

if TYPE_CHECKING:
    from scheduling.imports.engine.run import FileRun


def refuse_in(
    run: FileRun, keys: Sequence[Any], new: Sequence[int], changed: Sequence[int]
) -> tuple[list[int], list[int]]:
    """Refuse rows of a run by what is stored. Returns the others: 102 is no new person whose name is missing."""
    fields = {name: run.kind.field_of(column) for name, column in run.sheet.columns.items()}
    stored = {
        name: {position: run.existing[keys[position]][place] for position in changed}
        for place, name in enumerate(run.tracked, 1)
    }
    refuse(run.sheet, fields, stored, new, run.using)
    return run.without_refused(new), run.without_refused(changed)


def refuse(
    sheet: Sheet, fields: Mapping[str, Any], stored: Mapping[str, Mapping[int, Any]], new: Sequence[int], using: str
) -> None:
    """Refuse texts, and above all unique ones, of which a spreadsheet has made a number.

    `fields` has the field of each column of the file, `stored` by column the values of the changed rows by position.
    """
    for name, values in stored.items():
        is_text = isinstance(fields.get(name), models.CharField)
        if is_text and any(map(str.isdecimal, filter(None, sheet.values[name]))):
            refuse_changed(sheet, name, values)
    for name, field in fields.items():
        if isinstance(field, models.CharField):
            refuse_decimals(sheet, name, new, stored.get(name, {}), field, using)
            if field.unique:
                refuse_new(sheet, name, new, field, using)


def refuse_changed(sheet: Sheet, name: str, stored: Mapping[int, Any]) -> None:
    """Refuse rows that would only take the zeros from the value they have. `stored` has the values by position."""
    for position, value in stored.items():
        _refuse_if_lost(sheet, position, name, sheet.values[name][position], value)


def refuse_new(sheet: Sheet, name: str, positions: Sequence[int], field: models.Field[Any, Any], using: str) -> None:
    """Refuse new rows whose unique value is a stored one without its zeros. One query, if any value may be one."""
    values = sheet.values[name]
    doubtful = [position for position in positions if _is_number(values[position]) and values[position][0] != "0"]
    if not doubtful:
        return
    with_zeros = _by_digits(field, models.Q(**{f"{field.name}__startswith": "0"}), using)
    for position in doubtful:
        _refuse_if_lost(sheet, position, name, values[position], with_zeros.get(values[position], ""))


def refuse_decimals(
    sheet: Sheet,
    name: str,
    new: Sequence[int],
    changed: Mapping[int, Any],
    field: models.CharField[Any, Any],
    using: str,
) -> None:
    """Refuse codes such as 102.0, unless that is what is stored. `changed` has the stored values by position."""
    values = sheet.values[name]
    if not field.max_length or field.max_length > MAX_CODE_LENGTH:
        return
    doubtful = {
        position: digits
        for position in (*new, *changed)
        if isinstance(values[position], str) and (digits := whole_with_decimals(values[position]))
        if values[position] != changed.get(position)
    }
    known = _numbers_like(doubtful.values(), field, using) if doubtful and field.unique else {}
    for position, digits in doubtful.items():
        stored = changed.get(position) or ""
        if _digits(stored).lstrip("0") != digits.lstrip("0"):
            stored = known.get(digits.lstrip("0"), "")
        reason = _("The stored one is %(stored)s: a program has made a number with decimals of it. Write it again.")
        sheet.refuse(
            position, name, reason % {"stored": shown(stored)} if stored else number_with_decimals(values[position])
        )


def _numbers_like(numbers: Iterable[str], field: models.Field[Any, Any], using: str) -> dict[str, str]:
    """Return stored numbers by their digits: those that begin with a zero, and these themselves."""
    found = _by_digits(field, models.Q(**{f"{field.name}__startswith": "0"}), using)
    for chunk in chunks({*numbers}):
        found.update(_by_digits(field, models.Q(**{f"{field.name}__in": chunk}), using))
    return found


def _by_digits(field: models.Field[Any, Any], meant: models.Q, using: str) -> dict[str, str]:
    rows = field.model._default_manager.using(using).filter(meant).order_by()
    return {value.lstrip("0"): value for value in rows.values_list(field.name, flat=True)}


def _refuse_if_lost(sheet: Sheet, position: int, name: str, value: Any, stored: Any) -> None:
    if value == stored or not _is_number(value) or not isinstance(stored, str):
        return
    if stored.startswith("0") and not value.startswith("0") and _digits(stored).lstrip("0") == value:
        reason = _(
            "The stored one is %(stored)s: this has lost its zeros. Format the column as text, and write it again."
        )
        sheet.refuse(position, name, reason % {"stored": shown(stored)})


def _is_number(value: Any) -> bool:
    return isinstance(value, str) and value.isascii() and value.isdecimal()


def _digits(value: str) -> str:
    return "".join(filter(str.isdecimal, value))
