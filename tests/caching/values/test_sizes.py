"""How many bytes a value takes."""

import tracemalloc
from typing import Any

import pytest

from caching.values.freezing import freeze
from caching.values.sizes import estimated_bytes, stamp_bytes
from tests.factories import EmployeeFactory


class EstimatedBytesTests:
    @pytest.mark.django_db
    def test_of_rows_are_what_the_memory_grows_by_within_a_factor_of_two(self) -> None:
        rows = EmployeeFactory.create_batch(200)
        model = type(rows[0])
        loaded = list(model.objects.all())
        freeze(loaded[0])
        tracemalloc.start()
        frozen = [freeze(row).value for row in model.objects.all()]
        del loaded
        grown, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert grown / 2 < sum(map(estimated_bytes, frozen)) < grown * 2

    @pytest.mark.parametrize("value", [["a" * 1000], {"a" * 1000: 1}, ("x", ["a" * 1000]), {"k": {"l": "a" * 1000}}])
    def test_count_what_is_inside(self, value: Any) -> None:
        assert 1000 < estimated_bytes(freeze(value).value) < 2000


class StampBytesTests:
    def test_grow_with_each_tag_and_count_only_texts_of_its_own(self) -> None:
        few = stamp_bytes(("employee", "employee/email"))
        assert stamp_bytes(("employee", "employee/email", "scheduling.Employee/*")) - few < 100
        assert stamp_bytes(("employee", "employee/email", "scheduling.Employee#" + "4" * 1000)) - few > 1000
