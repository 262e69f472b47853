"""The interface of django-import-export: exports a kind of rows, and starts a run for a file of them.

The hooks per row of a stock resource are never called, because a run works column by column.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any, ClassVar
from uuid import UUID

import tablib
from django.db import IntegrityError, models, router, transaction
from django.db.models import QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from import_export import exceptions
from import_export.fields import Field
from import_export.resources import Resource

from caching import caching_disabled, cause
from scheduling.imports.engine.bulk import Progress
from scheduling.imports.engine.chosen_values import ChosenValues
from scheduling.imports.engine.columns import Column
from scheduling.imports.engine.doubtful_headers import decided
from scheduling.imports.engine.file_columns import columns_of
from scheduling.imports.engine.files import ReadOptions, Upload, read_table
from scheduling.imports.engine.gc_pause import gc_paused
from scheduling.imports.engine.headers import KnownHeaders, refuse_columns
from scheduling.imports.engine.import_kind import ImportKind
from scheduling.imports.engine.mending import Mended, mend, wrong_rows
from scheduling.imports.engine.one_at_a_time import wait_for_others
from scheduling.imports.engine.problems import FileError
from scheduling.imports.engine.query_count import counting_queries
from scheduling.imports.engine.recording import Recording
from scheduling.imports.engine.report import result_of
from scheduling.imports.engine.results import ImportedRow, ImportResult
from scheduling.imports.engine.run import FileRun
from scheduling.imports.engine.tables import Table
from scheduling.imports.engine.values import DateOrder


class FileResource(Resource):
    """Imports all rows of a file or none, unless the caller passes `rollback_on_validation_errors=False`."""

    kind: ClassVar[ImportKind]
    run_class: ClassVar[type[FileRun]] = FileRun
    forbidden: ClassVar[frozenset[str]] = frozenset()
    """Columns that are not exported, and that no imported file may have. See `without`."""

    @classmethod
    def without(cls, fields: frozenset[str]) -> type[FileResource]:
        """Return this resource for somebody to whom some fields of the model are closed."""
        closed = frozenset(column.name for column in cls.kind.columns if column.field_name in fields)
        # Of the same name, from which the export form makes the names of its fields.
        return type(cls.__name__, (cls,), {"forbidden": closed}) if closed else cls

    def __init__(
        self,
        date_order: DateOrder | None = None,
        progress: Progress | None = None,
        read_options: ReadOptions | None = None,
        chosen: Mapping[str, str] | None = None,
        values: ChosenValues | None = None,
        mended: Mended | None = None,
        **kwargs: Any,
    ) -> None:
        """See `FileRun` for the other arguments. `read_options` and `mended` are for an upload that is not read yet."""
        super().__init__(**kwargs)
        self.values = values or ChosenValues()
        self.read_options = read_options
        self.chosen = chosen
        self.mended = mended
        self.date_order = date_order
        self.progress = progress
        for column in self.kind.columns:
            if column.name in self.forbidden:
                continue
            self.fields[column.name] = Field(attribute=_export_path(column), column_name=column.name)

    @classmethod
    def get_result_class(cls) -> type[ImportResult]:
        return ImportResult

    @classmethod
    def get_row_result_class(cls) -> type[ImportedRow]:
        return ImportedRow

    @classmethod
    def get_display_name(cls) -> str:
        return capfirst(cls.kind.label)

    @classmethod
    def get_db_connection_name(cls) -> str:
        return router.db_for_write(cls.kind.model)

    # -- export ------------------------------------------------------------------------------------------------------

    def get_queryset(self) -> QuerySet[Any]:
        return self.kind.model._default_manager.all()

    def get_export_order(self) -> list[str]:
        return [column.name for column in self.kind.columns if column.exported and column.name in self.fields]

    def filter_export(self, queryset: QuerySet[Any], **kwargs: Any) -> QuerySet[Any]:
        """Join the tables that the cells are read from, so that an export costs no query per row."""
        paths = {self.fields[name].attribute.rpartition("__")[0] for name in self.get_export_order()} - {""}
        # Without arguments, select_related() would join every foreign key.
        return queryset.select_related(*paths) if paths else queryset

    def export_field(self, field: Field, instance: models.Model, **kwargs: Any) -> Any:
        """Return the value as it is; the file format turns it into text."""
        return field.get_value(instance)

    # -- import ------------------------------------------------------------------------------------------------------

    @property
    def known_headers(self) -> KnownHeaders:
        """By what a file is told from titles and other sheets."""
        return self.kind.known_headers.and_chosen(self.chosen or {})

    @property
    def run_options(self) -> dict[str, Any]:
        """The keyword arguments of a run."""
        using = self.get_db_connection_name()
        said = {"date_order": self.date_order, "chosen": self.chosen, "values": self.values}
        return {"using": using, "progress": self.progress, **said}

    def read_upload(self, upload: Upload) -> Table:
        """Return the rows of an upload, with the cells that were mended. Raises FileError if it is not a table."""
        table = read_table(upload.data, self.known_headers, self.read_options)
        table.notes += mend(table, self.mended or {})
        return table

    def new_run(self, dataset: tablib.Dataset) -> FileRun:
        """Return the run that will import the dataset."""
        return self.run_class(self.kind, dataset, **self.run_options)

    def import_data(
        self,
        dataset: tablib.Dataset,
        dry_run: bool = False,
        raise_errors: bool = False,
        use_transactions: bool | None = None,
        collect_failed_rows: bool = False,
        rollback_on_validation_errors: bool = True,
        *,
        file_name: str = "",
        user: Any = None,
        upload: UUID | None = None,
        lease: str = "",
        **kwargs: Any,
    ) -> ImportResult:
        """Import the dataset, always in a transaction, in which the ImportRun is written too.

        A dry run does the same and rolls back: it leaves no row in the database and no trace in the cache. With an
        `upload`, which is the key of a new run, it keeps the file for the import that is confirmed with the same key.
        `lease` is that of a run outside of a request.
        """
        recording = self.new_recording(dataset, file_name=file_name, user=user, upload=upload, lease=lease)
        if not rollback_on_validation_errors:
            recording.options["valid_only"] = True
        result = self._read_and_import(
            recording, dataset, dry_run, raise_errors, collect_failed_rows, rollback_on_validation_errors, **kwargs
        )
        result.seconds = time.perf_counter() - recording.started
        if dry_run:
            recording.previewed(result)
        elif not result.saved:
            recording.refused(result)
        return result

    def new_recording(self, dataset: tablib.Dataset, **origin: Any) -> Recording:
        """Return what will write the ImportRun of an import of this dataset."""
        data = getattr(dataset, "data", b"")
        return Recording(self.kind.name, data, using=self.get_db_connection_name(), options=self.options, **origin)

    @property
    def options(self) -> dict[str, Any]:
        """What the user has said about the file, as its run keeps it."""
        read = self.read_options or ReadOptions()
        return {
            "encoding": read.encoding,
            "sheet": read.sheet,
            "date_order": self.date_order,
            "columns": self.chosen,
            "mended": self.mended,
            "values": {name: dict(known) for name, known in self.values.known.items() if known},
            "new": {name: list(names) for name, names in self.values.new.items() if names},
        }

    def _read_and_import(
        self,
        recording: Recording,
        dataset: tablib.Dataset,
        dry_run: bool,
        raise_errors: bool,
        *how: bool,
        **kwargs: Any,
    ) -> ImportResult:
        if isinstance(dataset, Upload):
            try:
                dataset = self.read_upload(dataset)
            except FileError as error:
                result = ImportResult()
                self.handle_import_error(result, error, raise_errors)
                return result
        columns = columns_of(dataset, self.kind, self.chosen) if dry_run else []
        run = self.new_run(dataset)
        with counting_queries(run.using) as recording.queries, cause("import"), gc_paused():
            result = self._import(run, dry_run, raise_errors, *how, recording=recording, **kwargs)
            if result.saved:
                # Runs now, unless the caller has a transaction open: a cache is not filled from inside one.
                transaction.on_commit(run.fill_caches, using=run.using)
        result.queries = recording.queries.total()
        result.columns = columns
        return result

    def _import(
        self,
        run: FileRun,
        dry_run: bool,
        raise_errors: bool,
        collect_failed_rows: bool,
        all_or_nothing: bool,
        **kwargs: Any,
    ) -> ImportResult:
        """Import, and turn what stands in the way of the whole file into an error of the result."""
        result = ImportResult()
        result.total_rows = len(run.dataset)
        result.reading = dict(getattr(run.dataset, "reading", {}))
        try:
            run.chosen = decided(run.dataset, self.kind, self.chosen)
            if self.forbidden:
                headers, label = run.dataset.headers or (), str(self.kind.label)
                refuse_columns(self.forbidden, headers, self.kind.aliases, label, self.kind.words, run.chosen)
            with caching_disabled() if dry_run else nullcontext():
                run.read()
            result = super().import_data(
                run.dataset,
                dry_run=dry_run,
                raise_errors=raise_errors,
                use_transactions=True,
                collect_failed_rows=collect_failed_rows,
                rollback_on_validation_errors=all_or_nothing,
                run=run,
                all_or_nothing=all_or_nothing,
                **kwargs,
            )
        except FileError as error:
            self.handle_import_error(result, error, raise_errors)
            return result
        except IntegrityError as error:
            # Foreign keys are checked at COMMIT: somebody has deleted a row after it was looked up.
            reason = FileError(_("A row that the file refers to was deleted during the import. Import the file again."))
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
        *,
        run: FileRun,
        recording: Recording,
        all_or_nothing: bool,
        **kwargs: Any,
    ) -> ImportResult:
        """Do what is done inside the transaction. The library's `import_data` calls this, and rolls back if needed."""
        wait_for_others(self.kind.name, run.using)
        run.write(preview=dry_run)
        result = result_of(run, collect_failed_rows=collect_failed_rows)
        if dry_run:
            result.wrong = wrong_rows(run)
        if raise_errors and result.problems:
            first = result.problems[0]
            raise exceptions.ImportError(first.as_error(), number=first.row, row=first)
        if not dry_run and not (all_or_nothing and result.refused):
            recording.imported(run, result)
        return result


def _export_path(column: Column) -> str:
    """Return where an export finds the value of a column: "department__code"."""
    if column.export_path or column.lookup is None:
        return column.export_path or column.field_name
    return f"{column.field_name}__{column.lookup.field.name}"
