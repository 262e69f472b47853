"""Whether the database has refused a statement, or nobody knows what has become of it."""

import pytest
from django.db import OperationalError

from caching.coherence.refusals import was_refused


class _Answer(Exception):
    def __init__(self, **said: str | None) -> None:
        vars(self).update(said)


@pytest.mark.parametrize("attribute", ["sqlstate", "pgcode"])  # of psycopg and of psycopg2
@pytest.mark.parametrize(
    ("code", "refused"), [("55P03", True), ("57014", True), ("08006", False), ("57P01", False), (None, False)]
)
def test_tells_a_refusal_from_a_lost_connection(attribute: str, code: str | None, refused: bool) -> None:
    error = OperationalError()
    error.__cause__ = _Answer(**{attribute: code})
    assert was_refused(error) is refused


def test_does_not_know_of_an_error_without_a_cause() -> None:
    assert not was_refused(OperationalError())
