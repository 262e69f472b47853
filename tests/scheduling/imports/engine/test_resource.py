from typing import Any

import pytest
import tablib
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from import_export.exceptions import ImportError as StockImportError

from caching import cache_manager
from scheduling.imports.engine.results import ImportResult
from scheduling.imports.kinds.employees import EmployeeResource
from scheduling.imports.kinds.shifts import ShiftTypeResource
from scheduling.models import ShiftType
from tests.factories import EmployeeFactory, ShiftTypeFactory

HEADERS = ["name", "colour"]


def imported(*rows: list[Any], headers: list[str] = HEADERS, **options: Any) -> ImportResult:
    return ShiftTypeResource().import_data(tablib.Dataset(*rows, headers=headers), **options)


@pytest.mark.django_db
class ImportDataTests:
    def test_imports_all_rows_or_none(self) -> None:
        result = imported(["Early", "#ff0000"], ["Late", "red?"])
        assert (result.saved, result.refused) == (False, 1)
        assert not ShiftType.objects.exists()

    def test_imports_the_valid_rows_if_asked_to(self) -> None:
        assert imported(["Early", "#ff0000"], ["Late", "red?"], rollback_on_validation_errors=False).saved
        assert ShiftType.objects.get().name == "Early"

    def test_a_dry_run_leaves_nothing(self) -> None:
        result = imported(["Early", "#ff0000"], dry_run=True)
        assert (result.new, result.saved) == (1, False)
        assert not ShiftType.objects.exists()

    def test_what_is_wrong_with_the_file_is_a_sentence(self) -> None:
        result = imported(["#ff0000"], headers=["colour"])
        assert (result.total_rows, result.saved) == (1, False)
        assert len(result.sentences) == 1

    def test_raises_if_asked_to(self) -> None:
        with pytest.raises(StockImportError):
            imported(["Late", "red?"], raise_errors=True)

    def test_counts_queries_and_seconds(self) -> None:
        with CaptureQueriesContext(connection) as queries:
            result = imported(["Early", "#ff0000"])
        assert 0 < result.queries <= len(queries)
        assert result.seconds > 0

    def test_a_resource_may_import_several_files(self) -> None:
        resource = ShiftTypeResource()
        files = [tablib.Dataset([name, "#ff0000"], headers=HEADERS) for name in ("Early", "Late")]
        assert [resource.import_data(file).new for file in files] == [1, 1]
        assert ShiftType.objects.count() == 2


@pytest.mark.django_db(transaction=True)
class CacheTests:
    def test_fills_caches_after_the_outermost_commit(self) -> None:
        with transaction.atomic():
            imported(["Early", "#ff0000"])
            sets = cache_manager.get_stats()["sets"]
        assert cache_manager.get_stats()["sets"] > sets
        with CaptureQueriesContext(connection) as queries:
            assert [row.name for row in ShiftType.objects.active()] == ["Early"]
        assert len(queries) == 0


@pytest.mark.django_db
class ExportTests:
    def test_has_the_columns_that_the_import_reads(self) -> None:
        ShiftTypeFactory(name="Early", code="E", colour="#ff0000")
        table = ShiftTypeResource().export()
        assert table.headers == ["name", "code", "colour", "active"]
        assert list(table) == [("Early", "E", "#ff0000", True)]

    def test_writes_natural_keys_for_foreign_keys(self) -> None:
        EmployeeFactory(department__code="KIT")
        assert EmployeeResource().export()["department_code"] == ["KIT"]

    def test_leaves_out_columns_that_repeat_others(self) -> None:
        assert "name" not in EmployeeResource().get_export_order()


def test_is_called_as_people_call_it() -> None:
    assert ShiftTypeResource.get_display_name() == "Shift types"

    assert ShiftTypeResource.get_db_connection_name() == "default"
