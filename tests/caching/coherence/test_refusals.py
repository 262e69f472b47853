"""Whether the database has refused a statement, or nobody knows what has become of it."""

import pytest
from django.db import OperationalError

from caching.coherence.refusals import was_refused


class _Answer(Exception):
    def __init__(self, sqlstate: str) -> None:
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("sqlstate", "refused"), [("55P03", True), ("57014", True), ("08006", False), ("57P01", False)]
)
def test_tells_a_refusal_from_a_lost_connection(sqlstate: str, refused: bool) -> None:
    error = OperationalError()
    error.__cause__ = _Answer(sqlstate)
    assert was_refused(error) is refused


def test_does_not_know_of_an_error_without_a_cause() -> None:
    assert not was_refused(OperationalError())
