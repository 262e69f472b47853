"""The lean Resource: django-import-export's interface and results, at close to the speed of a bare bulk_create.

A stock ModelResource works row by row: a query per foreign key, one for the row, one to save it, a deepcopy and an
HTML diff in between. Here a file is read column by column (each spelling of a value parsed once), foreign keys come
out of a BatchCache that is filled before the transaction opens, one query finds the rows that exist, unchanged rows
cost no query, and the rest is written in batches. So the hooks per row of a stock resource are never called.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from operator import attrgetter
from typing import Any, ClassVar

import tablib
from django.db import IntegrityError, connections, models, transaction
from django.db.models import QuerySet
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext
from import_export import exceptions
from import_export.fields import Field
from import_export.resources import Resource
from import_export.results import RowResult

from caching import BatchCache, CachedLookup, caching_disabled, cause, in_many
from scheduling.imports import bulk
from scheduling.imports.columns import Column
from scheduling.imports.garbage import collector_paused
from scheduling.imports.problems import FileError, did_you_mean, listed, shown
from scheduling.imports.results import PREVIEW_ROWS, ImportedRow, ImportResult
from scheduling.imports.sheet import Sheet
from scheduling.imports.values import DateOrder

# How many unknown values of a column are compared with all known ones to find what was meant.
MOST_SUGGESTIONS = 20
MOST_CANDIDATES = 5_000
QUERY_CHUNK = 10_000

Key = tuple[Any, ...]
"""The values of a natural key, foreign keys as primary keys."""
Stored = tuple[Any, ...]
"""What the database has of a row: its primary key, then the values of `tracked`."""


class LeanResource(Resource):
    """One kind of import. All or nothing, unless the caller passes `rollback_on_validation_errors=False`."""

    kind: ClassVar[str]
    """As programs call it: "employees"."""
    label: ClassVar[Any]
    """As people call it, translated."""
    columns: ClassVar[tuple[Column, ...]]
    key: ClassVar[tuple[str, ...]]
    """The columns that identify a row: in the file, and against the database."""
    repeated: ClassVar[Any]
    """The reason for a second row with the same key, with {row} for the number of the first."""
    needed_when_new: ClassVar[tuple[str, ...]] = ()
    """The columns that a file with new rows must have; one for updates alone need not."""
    only_new: ClassVar[dict[str, Any]] = {}
    """Values of fields that the file does not have, for new rows."""

    class Meta:
        use_transactions = True
        use_bulk = True

    def __init__(
        self, date_order: DateOrder | None = None, progress: bulk.Progress | None = None, **kwargs: Any
    ) -> None:
        """`date_order` says what 11/05/2026 is where the file does not; `progress` is told of rows done."""
        super().__init__(**kwargs)
        self.date_order = date_order
        self.progress: bulk.Progress = progress or (lambda rows: None)
        for column in self.columns:
            self.fields[column.name] = Field(attribute=self._export_path(column), column_name=column.name)

    # -- what django-import-export asks ------------------------------------------------------------------------------

    @classmethod
    def get_result_class(cls) -> type[ImportResult]:
        return ImportResult

    @classmethod
    def get_row_result_class(cls) -> type[ImportedRow]:
        return ImportedRow

    @classmethod
    def get_display_name(cls) -> str:
        return capfirst(cls.label)

    def get_queryset(self) -> QuerySet[Any]:
        return self.model._default_manager.all()

    def get_export_order(self) -> list[str]:
        return [column.name for column in self.columns if column.exported]

    def filter_export(self, queryset: QuerySet[Any], **kwargs: Any) -> QuerySet[Any]:
        """Join what the cells are read from, so that an export costs no query per row."""
        paths = {self.fields[name].attribute.rpartition("__")[0] for name in self.get_export_order()} - {""}
        # Without arguments it would join whatever can be joined.
        return queryset.select_related(*paths) if paths else queryset

    def export_field(self, field: Field, instance: models.Model, **kwargs: Any) -> Any:
        """Return the value as it is; the format spells it."""
        return field.get_value(instance)

    def import_data(
        self,
        dataset: tablib.Dataset,
        dry_run: bool = False,
        raise_errors: bool = False,
        use_transactions: bool | None = None,
        collect_failed_rows: bool = False,
        rollback_on_validation_errors: bool = True,
        **kwargs: Any,
    ) -> ImportResult:
        """Import the dataset. A dry run does the same and rolls back: it leaves no row and no trace in the cache."""
        started = time.perf_counter()
        with _counting_queries(self.using) as queries, cause("import"), collector_paused():
            result = self._import(
                dataset, dry_run, raise_errors, collect_failed_rows, rollback_on_validation_errors, **kwargs
            )
            if result.saved:
                # At once, unless the caller has a transaction open: a cache is not filled from inside one.
                transaction.on_commit(self.fill_caches, using=self.using)
        result.queries = queries.total()
        result.seconds = time.perf_counter() - started
        return result

    def _import(
        self,
        dataset: tablib.Dataset,
        dry_run: bool,
        raise_errors: bool,
        collect_failed_rows: bool,
        all_or_nothing: bool,
        **kwargs: Any,
    ) -> ImportResult:
        result = ImportResult()
        result.total_rows = len(dataset)
        try:
            with caching_disabled() if dry_run else nullcontext():
                self.read(dataset)
            result = super().import_data(
                dataset,
                dry_run=dry_run,
                raise_errors=raise_errors,
                use_transactions=True,
                collect_failed_rows=collect_failed_rows,
                rollback_on_validation_errors=all_or_nothing,
                **kwargs,
            )
        except FileError as error:
            self.handle_import_error(result, error, raise_errors)
            return result
        except IntegrityError as error:
            # Foreign keys are checked at COMMIT: somebody has deleted a row after it was looked up.
            reason = FileError(
                gettext("A row that the file refers to was deleted during the import. Import the file again.")
            )
            reason.__cause__ = error
            self.handle_import_error(result, reason, raise_errors)
            return result
        result.saved = not dry_run and not result.base_errors and not (all_or_nothing and result.refused)
        return result

    def import_data_inner(
        self,
        dataset: tablib.Dataset,
        dry_run: bool,
        raise_errors: bool,
        using_transactions: bool,
        collect_failed_rows: bool,
        **kwargs: Any,
    ) -> ImportResult:
        """Do what is done inside the transaction."""
        result = ImportResult()
        self.outcomes: list[ImportedRow] = [ImportedRow() for _ in range(self.sheet.size)]
        self.write(preview=dry_run)
        self._report(result, collect_failed_rows)
        if raise_errors and result.problems:
            first = result.problems[0]
            raise exceptions.ImportError(first.as_error(), number=first.row, row=first)
        return result

    # -- before the transaction --------------------------------------------------------------------------------------

    def read(self, dataset: tablib.Dataset) -> None:
        """Parse the file and find the rows it refers to. Raises FileError if it cannot be this kind of file."""
        self.sheet = Sheet(dataset, self.columns, str(self.label))
        self.batches: dict[str, BatchCache] = {}
        self.notes: list[str] = []
        self.sheet.read(self.model_field, self.date_order)
        self.resolve()
        for column in self.columns:
            if column.lookup is not None and column.name in self.sheet.columns:
                self._resolve_column(column, column.lookup)

    def resolve(self) -> None:
        """Change values that need more than one cell, before foreign keys are looked up."""

    def _resolve_column(self, column: Column, lookup: CachedLookup) -> None:
        """Replace the natural keys of a column by primary keys, and refuse the rows whose key nobody has."""
        named = self.sheet.values[column.name]
        batch = self.batches[column.name] = BatchCache(lookup)
        batch.fill(named)
        pks = batch.get_all(named)
        lost = [position for position, pk in enumerate(pks) if pk is None and named[position] is not None]
        if lost and column.fallback is not None:
            found = column.fallback({named[position] for position in lost})
            for position in lost:
                pks[position] = found.get(named[position])
            lost = [position for position in lost if pks[position] is None]
        self.sheet.values[column.name] = pks
        if lost:
            self._refuse_unknown(column.name, lookup, lost, named)

    def _refuse_unknown(self, column: str, lookup: CachedLookup, lost: Sequence[int], named: Sequence[Any]) -> None:
        model, field = lookup.model, lookup.field
        known = list(model._default_manager.values_list(field.name, flat=True)[:MOST_CANDIDATES])
        suggestions = {value: did_you_mean(str(value), known) for value in _first(MOST_SUGGESTIONS, lost, named)}
        for position in lost:
            value = named[position]
            told = {"model": model._meta.verbose_name, "field": field.verbose_name, "value": shown(value)}
            nobody = gettext("No %(model)s has the %(field)s '%(value)s'.") % told
            self.sheet.refuse(position, column, nobody + suggestions.get(value, ""))

    # -- inside the transaction --------------------------------------------------------------------------------------

    def write(self, preview: bool) -> None:
        """Tell new rows from changed and unchanged ones, check them, and write."""
        keys = self.sheet.keys(self.key)
        self.sheet.refuse_repeated(keys, self.key[0], self.repeated)
        self.existing = self.find_existing(keys)
        self.prepare(keys)
        new, changed = self.compare(keys)
        self._require_columns_of_new_rows(new)
        self.check(keys, new, changed)
        if preview:
            self._prepare_preview(keys, changed)
        new, changed = self._without_refused(new), self._without_refused(changed)
        self.progress(self.sheet.size - len(new) - len(changed))
        self.create(new)
        self.update(keys, changed)
        self.write_more(new, changed)

    def find_existing(self, keys: Sequence[Key | None]) -> dict[Key, Stored]:
        """Return natural key -> (primary key, the stored values of `tracked`) of the rows that the file names."""
        return self.existing_by(self.key[0], {key[0] for key in keys if key is not None})

    def existing_by(self, column: str, wanted: Iterable[Any], **also: Any) -> dict[Key, Stored]:
        """Find the stored rows by one column of the key."""
        length = len(self.key)
        names = [*(self.attname(name) for name in self.key), "pk", *(self.attname(name) for name in self.tracked)]
        rows = self.model._default_manager.using(self.using).filter(**also).values_list(*names).order_by()
        field: Any = self.model._meta.get_field(self.attname(column))
        found: dict[Key, Stored] = {}
        for chunk in chunks(wanted):
            found.update((row[:length], row[length:]) for row in in_many(rows, field, chunk))
        return found

    def prepare(self, keys: Sequence[Key | None]) -> None:
        """Work out values that depend on what exists, before rows are compared."""

    @property
    def tracked(self) -> list[str]:
        """The columns whose values are compared with the stored ones."""
        return [name for name in self.stored_columns if name not in self.key]

    @property
    def stored_columns(self) -> list[str]:
        """The names of `sheet.values` that are fields of a row."""
        return [name for name, column in self.sheet.columns.items() if column.stored]

    def compare(self, keys: Sequence[Key | None]) -> tuple[list[int], list[int]]:
        """Return the positions of the new and of the changed rows."""
        values = self.sheet.values
        columns = [values[name] for name in self.tracked]
        told = list(zip(*columns, strict=True)) if columns else [()] * self.sheet.size
        new, changed = [], []
        for position in self.sheet.sound:
            stored = self.existing.get(keys[position])  # type: ignore[arg-type]
            if stored is None:
                new.append(position)
            elif stored[1:] != told[position]:
                changed.append(position)
        return new, changed

    def check(self, keys: Sequence[Key | None], new: list[int], changed: list[int]) -> None:
        """Refuse rows for reasons that need the database or other rows; may add to `changed`."""

    def _require_columns_of_new_rows(self, new: Sequence[int]) -> None:
        lacking = [name for name in self.needed_when_new if name not in self.sheet.values]
        if new and lacking:
            raise FileError(
                gettext("The file has new %(kind)s (%(count)d), but lacks the columns that new ones need: %(columns)s.")
                % {"kind": self.label, "count": len(new), "columns": listed(lacking)}
            )

    def write_more(self, new: Sequence[int], changed: Sequence[int]) -> None:
        """Write what hangs on the rows, which have their primary keys by now."""

    def create(self, positions: list[int]) -> None:
        """Insert the rows."""
        instances = self.build(positions)
        for position, instance in zip(positions, instances, strict=True):
            self._outcome(position, RowResult.IMPORT_TYPE_NEW, instance)
        self._refuse(positions, bulk.create(instances, self.using, self.progress))

    def build(self, positions: Sequence[int]) -> list[Any]:
        """Return instances of new rows. Positional arguments, column by column: a third of the time of keywords."""
        given = {self.attname(name): self.sheet.values[name] for name in self.stored_columns}
        columns: list[Iterable[Any]] = []
        for field in self.model._meta.concrete_fields:
            if field.attname in given:
                values = given[field.attname]
                columns.append([values[position] for position in positions])
            elif field.attname in self.only_new:
                columns.append([self.only_new[field.attname]] * len(positions))
            else:
                columns.append([field.get_default() for _ in positions])
        return [self.model(*row) for row in zip(*columns, strict=True)]

    def update(self, keys: Sequence[Key | None], positions: list[int]) -> None:
        """Write the changed columns of rows that exist."""
        if not positions:
            return
        fields = {name: self.attname(name) for name in self.tracked}
        pks = {position: self.existing[keys[position]][0] for position in positions}  # type: ignore[index]
        rows = self._locked(pks.values())
        positions = [position for position in positions if pks[position] in rows]
        instances = []
        for position in positions:
            instance = rows[pks[position]]
            for name, attname in fields.items():
                setattr(instance, attname, self.sheet.values[name][position])
            instances.append(instance)
            self._outcome(position, RowResult.IMPORT_TYPE_UPDATE, instance)
        self._refuse(positions, bulk.update(instances, self._updated_fields(), self.using, self.progress))

    def _updated_fields(self) -> list[str]:
        now = [field.name for field in self.model._meta.concrete_fields if getattr(field, "auto_now", False)]
        return [*(self.model._meta.get_field(self.attname(name)).name for name in self.tracked), *now]

    def _locked(self, pks: Iterable[Any]) -> dict[Any, Any]:
        """Return the complete rows by primary key, locked until the end of the transaction."""
        rows = self.model._default_manager.using(self.using).select_for_update().order_by()
        return {row.pk: row for chunk in chunks(pks) for row in rows.filter(pk__in=chunk)}

    # -- after the commit --------------------------------------------------------------------------------------------

    def fill_caches(self) -> None:
        """Read what was imported through the caches, so that the next reader finds it there."""

    # -- small things ------------------------------------------------------------------------------------------------

    @property
    def model(self) -> type[models.Model]:
        return self._meta.model

    @property
    def using(self) -> str:
        return self.get_db_connection_name()

    def model_field(self, column: Column) -> models.Field[Any, Any] | None:
        return self.model._meta.get_field(column.field_name) if column.stored else None  # type: ignore[return-value]

    def attname(self, name: str) -> str:
        """Return the attribute that holds the values of a column: "department_id"."""
        column = next((column for column in self.columns if column.name == name), None)
        field = self.model._meta.get_field(column.field_name if column else name)
        return field.attname  # type: ignore[union-attr]

    def _export_path(self, column: Column) -> str:
        if column.path or column.lookup is None:
            return column.path or column.field_name
        return f"{column.field_name}__{column.lookup.field.name}"

    def describe(self, position: int) -> str:
        """Return the row as the admin's history names it, without a query."""
        return ", ".join(shown(self.sheet.rows[position][self.sheet.headers.columns[name]]) for name in self.key)

    def _outcome(self, position: int, import_type: str, instance: models.Model | None) -> None:
        outcome = self.outcomes[position]
        outcome.import_type = import_type
        outcome.instance = instance

    def _refuse(self, positions: Sequence[int], reasons: dict[int, str]) -> None:
        for at, reason in reasons.items():
            self.sheet.refuse(positions[at], "", reason)

    def _without_refused(self, positions: Iterable[int]) -> list[int]:
        return [position for position in positions if position not in self.sheet.problems]

    def _prepare_preview(self, keys: Sequence[Key | None], changed: Sequence[int]) -> None:
        """Give at most PREVIEW_ROWS rows the cells that the preview shows; those that change something first."""
        differ = set(changed)
        unchanged = {position for position, key in enumerate(keys) if key in self.existing} - differ
        sound = sorted(self.sheet.sound, key=unchanged.__contains__)
        for position in sound[:PREVIEW_ROWS]:
            stored = self.existing[keys[position]] if position in differ else None  # type: ignore[index]
            self.outcomes[position].diff = self._cells(position, stored)

    def _cells(self, position: int, stored: Stored | None) -> list[str]:
        was = dict(zip(self.tracked, stored[1:], strict=True)) if stored else {}
        return [self._cell(name, position, was) for name in self.sheet.columns]

    def _cell(self, name: str, position: int, was: dict[str, Any]) -> str:
        told = shown(self.sheet.rows[position][self.sheet.headers.columns[name]])
        if name not in was or was[name] == self.sheet.values[name][position]:
            return told
        if self.sheet.columns[name].lookup is not None or was[name] in (None, ""):
            return format_html("<ins>{}</ins>", told)
        return format_html("<del>{}</del> <ins>{}</ins>", shown(was[name]), told)

    def _report(self, result: ImportResult, collect_failed_rows: bool) -> None:
        sheet = self.sheet
        result.total_rows = sheet.size
        result.rows = self.outcomes
        result.diff_headers = [sheet.headers.spelled[name] for name in sheet.columns]
        result.mapping = {sheet.headers.spelled[name]: name for name in sheet.columns}
        result.notes = [*self._about_columns(), *self.notes]
        result.problems = sheet.all_problems()
        result.warnings = sorted(sheet.warnings, key=attrgetter("row"))
        result.totals.update(Counter(row.import_type for row in self.outcomes))
        result.label = self.describe
        for row in self.outcomes:
            if row.instance is not None:
                row.object_id = row.instance.pk
        for position in sorted(sheet.problems):
            result.refuse(position, sheet.problems[position], self._raw(position))
        if collect_failed_rows:
            self._collect_failed_rows(result)
        for batch in self.batches.values():
            result.lookups.update(batch.lookups)

    def _raw(self, position: int) -> tuple[Any, ...]:
        row, columns = self.sheet.rows[position], self.sheet.headers.columns
        return tuple(shown(row[columns[name]]) for name in self.sheet.columns)

    def _collect_failed_rows(self, result: ImportResult) -> None:
        result.add_dataset_headers(result.diff_headers)
        for position in sorted(self.sheet.problems):
            reasons = "; ".join(problem.reason for problem in self.sheet.problems[position])
            result.failed_dataset.append([*self._raw(position), reasons])

    def _about_columns(self) -> Iterator[str]:
        if unknown := self.sheet.headers.unknown:
            text = gettext("Left out, because no column of %(kind)s has this name: %(columns)s.")
            yield text % {"kind": self.label, "columns": ", ".join(map(shown, unknown))}


def chunks(values: Iterable[Any], size: int = QUERY_CHUNK) -> Iterator[list[Any]]:
    """Split what goes into an IN of SQL."""
    ordered = list(values)
    for start in range(0, len(ordered), size):
        yield ordered[start : start + size]


def _first(most: int, positions: Iterable[int], values: Sequence[Any]) -> list[Any]:
    return list(dict.fromkeys(values[position] for position in positions))[:most]


@contextmanager
def _counting_queries(using: str) -> Iterator[Counter[str]]:
    """Count the statements; COMMIT, and BEGIN on PostgreSQL, are calls of the driver and not among them."""
    count: Counter[str] = Counter()

    def counter(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        count["queries"] += 1
        return execute(sql, params, many, context)

    with connections[using].execute_wrapper(counter):
        yield count
