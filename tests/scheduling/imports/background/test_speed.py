from typing import Any

import pytest

from scheduling.imports.background.speed import is_long, predicted_seconds, rows_of, rows_per_second
from scheduling.models import ImportRun
from tests.factories import ImportRunFactory

pytestmark = pytest.mark.django_db


class RowsPerSecondTests:
    def test_is_a_guess_for_the_first_import_of_a_kind(self, settings: Any) -> None:
        settings.IMPORT_ROWS_PER_SECOND = 1234
        ImportRunFactory(kind="rules", new=1000, seconds=1)

        assert rows_per_second("employees") == 1234

    def test_is_what_was_measured(self) -> None:
        ImportRunFactory(new=900, updated=50, unchanged=50, seconds=2)
        ImportRunFactory(new=1000, seconds=8, outcome="undone")

        assert rows_per_second("employees") == 200

    def test_a_few_rows_say_nothing(self, settings: Any) -> None:
        ImportRunFactory(new=1, seconds=0.1)

        assert rows_per_second("employees") == settings.IMPORT_ROWS_PER_SECOND

    def test_what_was_not_imported_says_nothing(self, settings: Any) -> None:
        for outcome in ("refused", "previewed", "interrupted", "cancelled", "undo"):
            ImportRunFactory(new=1000, seconds=1000, outcome=outcome)

        assert rows_per_second("employees") == settings.IMPORT_ROWS_PER_SECOND

    def test_the_last_ones_count(self) -> None:
        ImportRunFactory(new=1000, seconds=1000)
        for _ in range(5):
            ImportRunFactory(new=1000, seconds=1)

        assert rows_per_second("employees") == 1000


class IsLongTests:
    def test_the_same_rows_are_long_where_they_are_slow(self) -> None:
        run: ImportRun = ImportRunFactory(outcome="previewed", new=2000, unchanged=1000)
        assert rows_of(run) == 3000
        assert not is_long(run)  # 1.5 s by the first guess.
        ImportRunFactory(new=500, seconds=1)
        assert predicted_seconds(run) == 6
        assert is_long(run)
