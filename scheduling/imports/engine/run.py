"""One import of one file: read it, compare it with what is stored, check it, and write what differs.

A stock ModelResource works row by row: one query for each foreign key, one to find the row, one to save it, and a
deepcopy and an HTML diff in between. A run works column by column instead. Each spelling of a value is parsed once,
foreign keys come out of a BatchCache that is filled before the transaction opens, one query finds the rows that exist,
unchanged rows cost no query, and the rest is written in batches.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import repeat
from typing import Any

import tablib
from django.core.exceptions import ValidationError
from import_export.results import RowResult

from caching import in_many
from scheduling.imports.engine import bulk, lost_zeros, new_rows, repeated_rows
from scheduling.imports.engine.besides import Besides
from scheduling.imports.engine.blanks import fill_blanks, fill_keys
from scheduling.imports.engine.changes import tracked_fields
from scheduling.imports.engine.chosen_values import ChosenValues, make_new, read_as_chosen
from scheduling.imports.engine.import_kind import ImportKind
from scheduling.imports.engine.outcomes import Outcomes, Written
from scheduling.imports.engine.preview import prepare_preview
from scheduling.imports.engine.problems import shown
from scheduling.imports.engine.references import refuse_undecided, resolve_references
from scheduling.imports.engine.sheet import Sheet
from scheduling.imports.engine.spelling import find_other_spellings
from scheduling.imports.engine.values import DateOrder

Key = tuple[Any, ...]
"""The values of the key columns of a row, with primary keys for foreign keys."""
KeyOf = Sequence[Key | None] | Mapping[int, Key | None]
"""Keys by position."""
Stored = tuple[Any, ...]
"""What the database has of a row: its primary key, then the values of `tracked`."""


class FileRun:
    """One import of one file. A kind of import overrides the hooks below that it needs.

    The caller calls `read` before the transaction, because a cache is not filled from inside one, `write` inside the
    transaction, and `fill_caches` after the commit. Rows are addressed by their position in the file, from 0.
    """

    def __init__(
        self,
        kind: ImportKind,
        dataset: tablib.Dataset,
        *,
        using: str,
        date_order: DateOrder | None = None,
        progress: bulk.Progress | None = None,
        chosen: Mapping[str, str] | None = None,
        values: ChosenValues | None = None,
    ) -> None:
        """`date_order` says how to read 11/05/2026 where the file does not; `progress` gets the number of rows done.

        `chosen` has our columns by the headers that the user says, and `values` what the user says of their values.
        """
        self.chosen = chosen
        self.chosen_values = values or ChosenValues()
        self.kind = kind
        self.dataset = dataset
        self.using = using
        self.date_order = date_order
        self.progress: bulk.Progress = progress or (lambda rows: None)
        self.step: Callable[[str], object] = getattr(progress, "step", lambda name: None)
        """Told which step comes next. Like `progress`, it may raise an error, which ends the import."""
        self._rows: dict[Any, Any] = {}
        self.notes: list[str] = []
        """Sentences about what was created or left out besides the rows."""
        self.created, self.after = Written(), Written()
        """The new and the updated rows as they are written."""
        self.before: dict[Any, dict[str, Any]] = {}
        """The rows that are updated as they were, by primary key."""
        self.related: dict[str, dict[Any, tuple[list[Any], list[Any]]]] = {}
        """The keys that each written row had and has in a many-to-many field."""
        self.besides = Besides(using)

    # -- hooks -------------------------------------------------------------------------------------------------------

    def derive_values(self) -> None:
        """Derive values that need more than one cell, before foreign keys are resolved and the transaction opens."""

    def settle(self) -> None:
        """Decide what rows mean by several of their cells. Runs after the look-ups and before the transaction."""

    def keys(self) -> list[Key | None]:
        """Return what identifies each row, or None for a row that lacks it. May refuse rows."""
        return self.sheet.keys(self.kind.key)

    def find_existing(self, keys: Sequence[Key | None]) -> dict[Key, Stored]:
        """Return the rows that the file names and the database has, by key."""
        return self.existing_by(self.kind.key[0], {key[0] for key in keys if key is not None})

    def prepare(self, keys: Sequence[Key | None]) -> None:
        """Work out values that depend on the existing rows, before rows are compared."""

    def check(self, keys: Sequence[Key | None], new: list[int], changed: list[int]) -> None:
        """Refuse rows for reasons that need the database or other rows. May add positions to `changed`."""

    def release(self, keys: Sequence[Key | None], new: Sequence[int], changed: Sequence[int]) -> None:
        """Free the unique values that go from one stored row to another row, with `bulk.release`."""

    def write_related(self, new: Sequence[int], changed: Sequence[int]) -> None:
        """Write what belongs to the rows. All of them have their primary keys by now."""

    def fill_caches(self) -> None:
        """Read what was imported through the caches, so that the next reader finds it there."""

    def describe(self, position: int) -> str:
        """Return the row as the admin's history names it, without a query."""
        return ", ".join(shown(self.sheet.cell(position, name)) for name in self.kind.key if name in self.sheet.columns)

    @property
    def stored_columns(self) -> list[str]:
        """The names in `sheet.values` whose values are stored in fields of the row."""
        return [name for name, column in self.sheet.columns.items() if column.stored]

    # -- the steps ---------------------------------------------------------------------------------------------------

    def read(self) -> None:
        """Parse the file and find the rows it refers to. Raises FileError if it cannot be a file of this kind."""
        self.sheet = Sheet(self.dataset, self.kind.columns, str(self.kind.label), self.kind.words, self.chosen)
        self.sheet.read(self.kind.field_of, self.date_order)
        read_as_chosen(self.sheet, self.kind, self.chosen_values)
        fill_keys(self)
        self.derive_values()
        self.lookups: Counter[str] = resolve_references(self.sheet, self.chosen_values)
        self.settle()
        refuse_undecided(self.sheet)
        self.step("checking")

    def write(self, *, preview: bool) -> None:
        """Tell new rows from changed and unchanged ones, check them, and write them."""
        self.outcomes = Outcomes(self.sheet.size)
        make_new(self)
        keys = self.keys()
        self.existing = self.find_existing(keys)
        if self.kind.ignores_case:
            keys = find_other_spellings(self, keys)
        self.sheet.refuse_repeated(keys, self.kind.key[0], self.kind.duplicate_reason)
        fill_blanks(self, keys)
        self.prepare(keys)
        new, changed = self._compare(keys)
        new, changed = lost_zeros.refuse_in(self, keys, new, changed)
        new = new_rows.refuse_unknown(self, new)
        self.check(keys, new, changed)
        repeated_rows.refuse_whole(self.sheet)
        if preview:
            prepare_preview(self, keys, changed)
        new, changed = self.without_refused(new), self.without_refused(changed)
        self.progress(self.sheet.size - len(new) - len(changed))
        self.step("writing")
        # Before values are taken away: what is read here is what the rows were.
        self._lock(self.existing[keys[position]][0] for position in changed)  # type: ignore[index]
        self.release(keys, new, changed)
        # Nobody asks for the others any more, and of a large file they take as much as the file.
        keys_of_changed = {position: keys[position] for position in changed}
        del keys
        self.create(new)
        self.update(keys_of_changed, changed)
        repeated_rows.refuse_parts(self.sheet)
        self.write_related(new, changed)
        self.notes += self.besides.settle(refused=bool(self.sheet.problems))
        if not preview:
            # Of a large file they take as much as the file. From now on, what was written is asked for instead.
            self.sheet.values.clear()
            self.existing = {}
        self.step("recording")

    def create(self, positions: list[int]) -> None:
        """Insert the rows at these positions, batch by batch: there are never two copies of all rows of a file."""
        for start in range(0, len(positions), bulk.BATCH_ROWS):
            part = positions[start : start + bulk.BATCH_ROWS]
            columns = self._columns_of_new(part)
            pks, refused = bulk.create(self.kind.model, columns, self.using, self.progress)
            self.sheet.refuse_all(part, refused)
            self._note(part, pks, columns, RowResult.IMPORT_TYPE_NEW, self.created)

    def update(self, keys: KeyOf, positions: list[int]) -> None:
        """Write the tracked columns of the existing rows at these positions, but for those deleted since."""
        instances = self.as_they_will_be(keys, positions)
        rows, fields = [*instances.values()], self._updated_fields()
        self.sheet.refuse_all([*instances], bulk.update(rows, fields, self.using, self.progress))
        columns = bulk.columns_of(self.kind.model, rows)
        self._note([*instances], [row.pk for row in rows], columns, RowResult.IMPORT_TYPE_UPDATE, self.after)

    # -- what hooks use ----------------------------------------------------------------------------------------------

    def existing_by(self, column: str, wanted: Iterable[Any], **conditions: Any) -> dict[Key, Stored]:
        """Find existing rows by one column of the key, and by further conditions of `filter()`."""
        attname, length = self.kind.attname, len(self.kind.key)
        names = [*(attname(name) for name in self.kind.key), "pk", *(attname(name) for name in self.tracked)]
        manager = self.kind.model._default_manager.using(self.using)
        rows = manager.filter(**conditions).values_list(*names).order_by()
        field: Any = self.kind.model._meta.get_field(attname(column))
        found: dict[Key, Stored] = {}
        for chunk in bulk.chunks(wanted):
            found.update((row[:length], row[length:]) for row in bulk.with_shared_values(in_many(rows, field, chunk)))
        return found

    @property
    def tracked(self) -> list[str]:
        """The columns whose values are compared with the stored ones."""
        return [name for name in self.stored_columns if name not in self.kind.key]

    def build(self, positions: Sequence[int]) -> list[Any]:
        """Return unsaved instances of the rows at these positions."""
        return bulk.instances(self.kind.model, self._columns_of_new(positions))

    def without_refused(self, positions: Iterable[int]) -> list[int]:
        """Return the positions of the rows that are not refused so far."""
        return [position for position in positions if position not in self.sheet.problems]

    def as_they_will_be(self, keys: KeyOf, positions: Sequence[int]) -> dict[int, Any]:
        """Return the stored rows at these positions with the values of the file. They are locked, but not saved."""
        fields = {name: self.kind.attname(name) for name in self.tracked}
        pks = {position: self.existing[keys[position]][0] for position in positions}  # type: ignore[index]
        self._lock(pks.values())
        found = {position: self._rows[pk] for position, pk in pks.items() if pk in self._rows}
        for position, instance in found.items():
            for name, attname in fields.items():
                setattr(instance, attname, self.sheet.values[name][position])
        return found

    def refuse_what_the_model_refuses(
        self, keys: Sequence[Key | None], new: Sequence[int], changed: Sequence[int]
    ) -> None:
        """Refuse rows for which the model's `clean()` raises an error. For models whose `clean()` needs no query."""
        rows = {**dict(zip(new, self.build(new), strict=True)), **self.as_they_will_be(keys, changed)}
        for position, instance in rows.items():
            try:
                instance.clean()
            except ValidationError as error:
                for field, messages in error.message_dict.items():
                    self.sheet.refuse(position, self.sheet.column_of((field,)), " ".join(messages))

    def written(self, attname: str) -> list[Any]:
        """Return the values of an attribute of the rows that were written, as they are kept for an undo."""
        return [*self.created.columns.get(attname, ()), *self.after.columns.get(attname, ())]

    # -- parts of the steps ------------------------------------------------------------------------------------------

    def _compare(self, keys: Sequence[Key | None]) -> tuple[list[int], list[int]]:
        """Return the positions of the new and of the changed rows."""
        columns = [self.sheet.values[name] for name in self.tracked]
        new, changed = [], []
        rows: Iterable[Stored] = zip(*columns, strict=True) if columns else repeat((), self.sheet.size)
        for position, row in enumerate(rows):
            if position in self.sheet.problems:
                continue
            stored = self.existing.get(keys[position])  # type: ignore[arg-type]
            if stored is None:
                new.append(position)
            elif stored[1:] != row:
                changed.append(position)
        return new, changed

    def _updated_fields(self) -> list[str]:
        get_field = self.kind.model._meta.get_field
        now = [field.name for field in self.kind.model._meta.concrete_fields if getattr(field, "auto_now", False)]
        return [*(get_field(self.kind.attname(name)).name for name in self.tracked), *now]

    def _lock(self, pks: Iterable[Any]) -> None:
        """Read the complete rows that have not been read yet, and lock them until the end of the transaction."""
        rows = self.kind.model._default_manager.using(self.using).select_for_update().order_by()
        for chunk in bulk.chunks(pk for pk in pks if pk not in self._rows):
            for row in rows.filter(pk__in=chunk):
                self._rows[row.pk], self.before[row.pk] = row, row.__dict__.copy()

    def _columns_of_new(self, positions: Sequence[int]) -> bulk.Columns:
        given = {self.kind.attname(name): self.sheet.values[name] for name in self.stored_columns}
        return bulk.columns_of_new(self.kind.model, given, self.kind.values_for_new, positions)

    def _note(
        self, positions: Sequence[int], pks: list[Any], columns: bulk.Columns, import_type: str, written: Written
    ) -> None:
        """Note the rows that the database has taken."""
        taken = [place for place, position in enumerate(positions) if position not in self.sheet.problems]
        for place in taken:
            self.outcomes.note(positions[place], import_type, pks[place])
        if len(taken) < len(positions):
            pks = [pks[place] for place in taken]
            columns = {name: [values[place] for place in taken] for name, values in columns.items()}
        written.add(pks, columns, tracked_fields(self.kind.model))
