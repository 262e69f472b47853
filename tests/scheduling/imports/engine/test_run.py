"""The steps of a run, with the simplest kind that there is."""

from typing import Any

import pytest
import tablib
from django.db import connection
from django.test.utils import CaptureQueriesContext

from scheduling.imports.engine.problems import FileError
from scheduling.imports.engine.run import FileRun
from scheduling.imports.kinds.departments import DEPARTMENTS
from scheduling.imports.kinds.shifts import SHIFT_TYPES
from scheduling.models import ShiftType
from tests.factories import ShiftTypeFactory

pytestmark = pytest.mark.django_db


def run_of(*rows: list[Any], headers: tuple[str, ...] = ("name", "color"), **options: Any) -> FileRun:
    run = FileRun(SHIFT_TYPES, tablib.Dataset(*rows, headers=headers), using="default", **options)
    run.read()
    return run


def types(run: FileRun) -> list[str | None]:
    return [row.import_type for row in run.outcomes]


class WriteTests:
    def test_tells_new_rows_from_changed_and_unchanged_ones(self) -> None:
        ShiftTypeFactory(name="Early", colour="#ff0000")
        ShiftTypeFactory(name="Late", colour="#ff0000")
        run = run_of(["Early", "#00ff00"], ["Late", "#ff0000"], ["Night", "#0000ff"])
        run.write(preview=False)
        assert types(run) == ["update", "skip", "new"]
        assert dict(ShiftType.objects.values_list("name", "colour")) == {
            "Early": "#00ff00",
            "Late": "#ff0000",
            "Night": "#0000ff",
        }

    def test_unchanged_rows_cost_one_query(self) -> None:
        for number in range(30):
            ShiftTypeFactory(name=f"Type {number}", colour="#ff0000")
        run = run_of(*[[f"Type {number}", "#ff0000"] for number in range(30)])
        with CaptureQueriesContext(connection) as queries:
            run.write(preview=False)
        assert len(queries) == 1

    def test_columns_that_the_file_lacks_stay_as_they_are(self) -> None:
        ShiftTypeFactory(name="Early", code="E", colour="#ff0000")
        run_of(["Early", "#00ff00"]).write(preview=False)
        assert ShiftType.objects.get().code == "E"

    def test_refused_rows_are_not_written(self) -> None:
        run = run_of(["Early", "red?"], ["Late", "#ff0000"], ["Late", "#00ff00"])
        run.write(preview=False)
        assert sorted(run.sheet.problems) == [0, 2]
        assert run.written("name") == ["Late"]
        assert list(ShiftType.objects.values_list("name", flat=True)) == ["Late"]

    def test_progress_counts_every_row(self) -> None:
        ShiftTypeFactory(name="Early", colour="#ff0000")
        done: list[int] = []
        rows = [["Early", "#ff0000"], ["Late", "#ff0000"], ["", "#ff0000"]]
        run_of(*rows, progress=done.append).write(preview=False)
        assert sum(done) == len(rows)

    def test_a_preview_shows_stored_values(self) -> None:
        ShiftTypeFactory(name="Early", colour="#ff0000")
        run = run_of(["Early", "#00ff00"])
        run.write(preview=True)
        assert run.outcomes[0].diff == ["Early", "<del>#ff0000</del> <ins>#00ff00</ins>"]

    def test_new_rows_need_their_columns(self) -> None:
        run = FileRun(DEPARTMENTS, tablib.Dataset(["KIT"], headers=["code"]), using="default")
        run.read()
        with pytest.raises(FileError, match=r"The file has new departments \(1\), but lacks .* 'name'"):
            run.write(preview=False)


class DescribeTests:
    def test_names_the_row_by_its_key_as_the_file_has_it(self) -> None:
        assert run_of([" Early  shift", ""]).describe(0) == "Early shift"
