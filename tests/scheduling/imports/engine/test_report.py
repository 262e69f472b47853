from typing import Any

import pytest
import tablib

from scheduling.imports.engine.report import result_of
from scheduling.imports.engine.results import ImportResult
from scheduling.imports.engine.run import FileRun
from scheduling.imports.kinds.shifts import SHIFT_TYPES
from scheduling.models import ShiftType

pytestmark = pytest.mark.django_db


def report(*rows: list[Any], headers: tuple[str, ...] = ("Title", "color"), failed: bool = False) -> ImportResult:
    run = FileRun(SHIFT_TYPES, tablib.Dataset(*rows, headers=headers), using="default")
    run.read()
    run.write(preview=False)
    return result_of(run, collect_failed_rows=failed)


class ResultOfTests:
    def test_has_counts_rows_and_the_mapping_of_columns(self) -> None:
        result = report(["Early", "#ff0000"], ["Late", "red?"])
        assert (result.total_rows, result.new, result.refused) == (2, 1, 1)
        assert [row.object_id for row in result.rows] == [ShiftType.objects.get().pk, None]
        assert result.mapping == {"Title": "name", "color": "colour"}
        assert result.label(0) == "Early"

    def test_names_columns_that_were_ignored(self) -> None:
        result = report(["Early", 9], headers=("name", "Shoe size"))
        assert result.notes == ["Ignored, because a file of shift types has no such column: Shoe size."]

    def test_collects_refused_rows_with_their_reasons_if_asked_to(self) -> None:
        result = report(["Late", "red?"], failed=True)
        assert result.failed_dataset.headers == ["Title", "color", "Error"]
        assert result.failed_dataset[0] == ("Late", "red?", result.problems[0].reason)
        assert report(["Night", "red?"]).failed_dataset.headers is None
