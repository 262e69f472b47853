import pytest

from scheduling.imports.engine.query_count import counting_queries
from scheduling.models import ShiftType


@pytest.mark.django_db
def test_counts_the_statements_inside_the_block_only() -> None:
    list(ShiftType.objects.all())
    with counting_queries("default") as queries:
        ShiftType.objects.create(name="Early")
        list(ShiftType.objects.all())
    list(ShiftType.objects.all())
    assert queries.total() == 2
