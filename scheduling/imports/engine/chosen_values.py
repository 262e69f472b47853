"""What the user says that values of a file mean: "Frueh" is the shift Early in all rows, or a department to be made.

The values of the file are replaced before they are looked up, so that what was chosen is read like anything else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scheduling.imports.engine.problems import FileError, did_you_mean, listed, shown
from scheduling.imports.engine.spelling import folded

if TYPE_CHECKING:
    from scheduling.imports.engine.import_kind import ImportKind
    from scheduling.imports.engine.run import FileRun
    from scheduling.imports.engine.sheet import Sheet

MAX_SENTENCES = 20


def anything(model: type[models.Model]) -> bool:
    """Return True, for who has no user: the command line may add and see rows of every model."""
    return True


@dataclass(frozen=True, kw_only=True)
class ChosenValues:
    """What the user says about the values of a file, by our name of the column."""

    known: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """What the file says, and the stored one that is meant: a name, a code, an address or a number."""
    new: Mapping[str, Collection[str]] = field(default_factory=dict)
    """What the file says, and is to be made because nobody has it."""
    may_add: Callable[[type[models.Model]], bool] = anything
    """Whether the user may add rows of a model besides those of the file."""
    may_view: Callable[[type[models.Model]], bool] = anything
    """Whether the user may see the rows of a model, and can be shown which ones there are."""

    def wants_new(self, column: str, value: Any) -> bool:
        return folded(value) in self._new.get(column, ())

    @cached_property
    def _new(self) -> dict[str, set[str]]:
        return {column: set(map(folded, names)) for column, names in self.new.items()}


class ToBeMade:
    """What a value becomes that is to be made: the row gets its primary key inside the transaction."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


def read_as_chosen(sheet: Sheet, kind: ImportKind, chosen: ChosenValues) -> None:
    """Put what the user has chosen in the place of what the file says. Raises FileError for a column of no references.

    `sheet.chosen` gets what was replaced, with the number of rows.
    """
    columns = {column.name: column for column in kind.columns if column.named_by is not None}
    for name, known in chosen.known.items():
        if name not in columns:
            words = {"column": shown(name), "columns": listed(columns, _("or"), limit=len(columns))}
            text = _("The values of '%(column)s' name nothing that is stored. Choose values of %(columns)s.")
            raise FileError(text % words + did_you_mean(name, columns) if columns else text % words)
        if name in sheet.columns and known:
            replace_chosen(sheet, name, known)


def replace_chosen(sheet: Sheet, column: str, chosen: Mapping[str, str]) -> None:
    """Put what the user has chosen in the place of the values of one column, which the file may lack as such."""
    known = {folded(given): meant for given, meant in chosen.items()}
    counts: Counter[tuple[str, str]] = Counter()
    spellings: dict[str, str] = {}
    found: dict[Any, Any] = {}

    def meant(name: Any) -> Any:
        return known.get(folded(name), name)

    def replaced(value: Any) -> Any:
        return tuple(sorted({meant(name) for name in value})) if isinstance(value, tuple) else meant(value)

    values = sheet.values[column]
    for position, value in enumerate(values):
        if isinstance(value, str | tuple) and value:
            if value not in found:
                found[value] = replaced(value)
            if found[value] != value:
                names = [value] if isinstance(value, str) else value
                others = (name for name in names if meant(name) != name)
                counts.update((spellings.setdefault(folded(name), name), meant(name)) for name in others)
            values[position] = found[value]
    sheet.chosen[column] = counts


def sentences_about(sheet: Sheet) -> list[str]:
    """Return a sentence for each value that was read as the user has chosen."""
    sentences = []
    for counts in sheet.chosen.values():
        for (given, known), count in counts.most_common(MAX_SENTENCES):
            text = ngettext(
                "'%(given)s' is read as '%(known)s', as you have chosen (%(count)d row).",
                "'%(given)s' is read as '%(known)s', as you have chosen (%(count)d rows).",
                count,
            )
            sentences.append(text % {"given": shown(given), "known": shown(known), "count": count})
        if (more := len(counts) - MAX_SENTENCES) > 0:
            text = ngettext(
                "And %(count)d more value, as you have chosen.", "And %(count)d more values, as you have chosen.", more
            )
            sentences.append(text % {"count": more})
    return sentences


def make_new(run: FileRun) -> None:
    """Make the rows that the user wants to be made, inside the transaction, and put their keys into the sheet.

    What cannot be made refuses its rows. A row that somebody else has made in the meantime is used as it is.
    """
    for name, column in run.sheet.columns.items():
        values = run.sheet.values.get(name, [])
        places = {place: value for place, value in enumerate(values) if isinstance(value, ToBeMade)}
        if not places or column.make_new is None or column.named_by is None:
            continue
        sound = [one for place, one in places.items() if place not in run.sheet.problems]
        spelled = {folded(one.name): one.name for one in reversed(sound)}
        made = column.make_new(spelled.values())
        pks = _created(run, column.named_by, [row for row in made.values() if isinstance(row, models.Model)])
        for place, one in places.items():
            row = made.get(spelled.get(folded(one.name), ""))
            values[place] = pks.get(folded(one.name))
            if isinstance(row, ValidationError):
                run.sheet.refuse(place, name, " ".join(dict.fromkeys(row.messages)))


def _created(run: FileRun, named_by: Any, rows: list[Any]) -> dict[str, Any]:
    """Store the rows; return their primary keys by name."""
    model, attname = named_by.model, named_by.attname
    names = [getattr(row, attname) for row in rows]
    pks, refused = run.besides.create(rows, lambda made: _told(model, [getattr(row, attname) for row in made]))
    known = dict(zip(names, pks, strict=True))
    if refused:
        # Somebody else has made these in the meantime.
        stored = model._default_manager.using(run.using).order_by().filter(**{f"{attname}__in": names})
        known |= dict(stored.values_list(attname, "pk"))
    return {folded(name): pk for name, pk in known.items()}


def _told(model: type[models.Model], names: list[str]) -> str:
    words = {"model": model._meta.verbose_name_plural, "names": listed(names)}
    return _("New %(model)s, as you have chosen: %(names)s.") % words
