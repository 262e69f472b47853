"""manage.py cache sample."""

import pytest
from django.db import connection

from caching.models import CacheSample
from scheduling.models import Employee
from tests.caching.management.running import read_three_times, refused, run


@pytest.mark.usefixtures("own_counts")
class SampleTests:
    def test_writes_the_history(self, employee: Employee) -> None:
        read_three_times(employee)
        assert run("sample").startswith("Wrote what was counted for ")
        (row,) = CacheSample.objects.filter(seconds=60, kind="email")
        assert (row.counts["hits_local"], row.counts["misses"]) == (2, 1)
        assert run("sample") == "Wrote what was counted for 0 kinds.\n"

    def test_without_its_table_it_ends_with_a_sentence(self, employee: Employee) -> None:
        with connection.schema_editor() as editor:
            editor.delete_model(CacheSample)
        try:
            sentence, code = refused("sample")
            assert (sentence.startswith("Nothing was written: "), code) == (True, 1)
        finally:
            with connection.schema_editor() as editor:
                editor.create_model(CacheSample)
