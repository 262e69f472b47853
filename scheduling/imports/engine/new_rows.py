"""New rows in a file without columns that new rows need: it updates rows, so that a new one is a mistyped key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from scheduling.imports.engine.problems import FileError, did_you_mean, listed
from scheduling.imports.engine.references import MAX_CANDIDATES, MAX_SUGGESTIONS, unknown_value

if TYPE_CHECKING:
    from scheduling.imports.engine.run import FileRun


def refuse_unknown(run: FileRun, new: list[int]) -> list[int]:
    """Return the new rows, or none of them if the file lacks a column that they need: then they are refused.

    Raises FileError instead if no row is, or is spelled like, a stored one: that is a file of new rows.
    """
    missing = [name for name in run.kind.required_for_new if name not in run.sheet.values]
    if not new or not missing:
        return new
    # The others are known by now to be stored ones without their zeros.
    unknown = run.without_refused(new)
    named = {position: _named(run, position) for position in unknown}
    meant = _suggestions(run, dict.fromkeys(named.values()))
    if len(unknown) == len(new) and not run.existing and not any(meant.values()):
        words = {"kind": str(run.kind.label), "count": len(new), "columns": listed(missing)}
        text = _("The file has new %(kind)s (%(count)d), but lacks the columns that new ones need: %(columns)s.")
        raise FileError(text % words)
    lacks = _("A new one needs what the file has no column for: %(columns)s.") % {"columns": listed(missing)}
    for position, (column, value) in named.items():
        field = run.kind.model._meta.get_field(run.kind.attname(column))
        suggestion = meant.get((column, value), "")
        run.sheet.refuse(position, column, f"{unknown_value(field, value)}{suggestion} {lacks}")
    return []


def _named(run: FileRun, position: int) -> tuple[str, Any]:
    """Return the column and the value by which a row says which one it means."""
    columns = [name for name in run.kind.key if name in run.sheet.columns]
    values = ((name, run.sheet.values[name][position]) for name in columns)
    return next(((name, value) for name, value in values if isinstance(value, str) and value), (columns[0], ""))


def _suggestions(run: FileRun, named: Mapping[tuple[str, Any], None]) -> dict[tuple[str, Any], str]:
    """Return " Did you mean …?" or an empty text for the first different values, by column and value."""
    rows = run.kind.model._default_manager.using(run.using).order_by()
    known: dict[str, Sequence[str]] = {}
    found = {}
    for column, value in list(named)[:MAX_SUGGESTIONS]:
        if column not in known:
            stored = rows.values_list(run.kind.attname(column), flat=True)[:MAX_CANDIDATES]
            known[column] = [name for name in stored if name]
        found[column, value] = did_you_mean(str(value), known[column])
    return found
