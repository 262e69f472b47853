"""What the database itself changes when rows are deleted."""

from collections.abc import Callable

import django
import pytest

from caching.coherence.cascades import changed_by_the_database, written_through
from tests.caching.coherence import models
from tests.caching.coherence.models import Book, Shelf

Watch = Callable[..., None]


class ChangedByTheDatabaseTests:
    def test_names_no_rows_that_django_deletes(self, watching: Watch) -> None:
        watching(Book)
        watching(Shelf)
        assert Shelf._meta.db_table not in changed_by_the_database()
        assert "scheduling_employee" not in changed_by_the_database()

    @pytest.mark.skipif(django.VERSION < (6, 1), reason="on_delete of the database came with Django 6.1")
    def test_names_watched_models_over_any_number_of_steps(self, installed: None, watching: Watch) -> None:
        watching(models.Mark)
        found = changed_by_the_database()
        # The pages of a book are not watched, the marks in them are.
        assert found[Book._meta.db_table] == {models.Mark._meta.label}
        assert found[models.Page._meta.db_table] == {models.Mark._meta.label}
        watching(models.Page)
        assert changed_by_the_database()[Book._meta.db_table] == {models.Mark._meta.label, models.Page._meta.label}

    @pytest.mark.skipif(django.VERSION < (6, 1), reason="on_delete of the database came with Django 6.1")
    def test_goes_on_with_what_is_declared_to_be_written_with_a_row_that_goes(
        self, installed: None, watching: Watch
    ) -> None:
        watching(Shelf, tables=(models.Page._meta.db_table,))
        watching(models.Flight, tables=(Shelf._meta.db_table,))
        found = changed_by_the_database()
        assert found[Book._meta.db_table] == {Shelf._meta.label, models.Flight._meta.label}

    def test_is_worked_out_anew_when_another_model_is_watched(self, watching: Watch) -> None:
        before = changed_by_the_database()
        assert changed_by_the_database() is before
        watching(Book)
        assert changed_by_the_database() is not before


class WrittenThroughTests:
    def test_is_nothing_where_nothing_is_declared(self, watching: Watch) -> None:
        watching(Book)
        assert written_through([Book._meta.db_table]) == set()

    def test_leads_from_one_declaration_to_the_next(self, installed: None, watching: Watch) -> None:
        watching(Book, tables=("v_books",))
        watching(Shelf, tables=(f'"public"."{Book._meta.db_table}"',))
        book, shelf = Book._meta.label, Shelf._meta.label
        assert written_through(["v_books"]) == {book, shelf}
        assert written_through([Book._meta.db_table]) == {shelf}
        assert written_through([Shelf._meta.db_table]) == set()

    @pytest.mark.skipif(django.VERSION < (6, 1), reason="on_delete of the database came with Django 6.1")
    def test_goes_on_with_what_the_database_changes_when_such_rows_are_deleted(
        self, installed: None, watching: Watch
    ) -> None:
        watching(Book, tables=("v_books",))
        watching(models.Mark)
        book, mark = Book._meta.label, models.Mark._meta.label
        assert written_through(["v_books"]) == {book, mark}
        assert written_through([Book._meta.db_table]) == set()
