"""How many statements an import takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connections


@contextmanager
def counting_queries(using: str) -> Iterator[Counter[str]]:
    """Count the statements on a connection: the total of the counter that is yielded.

    COMMIT, and BEGIN on PostgreSQL, are calls of the database driver rather than statements, and are not counted.
    """
    count: Counter[str] = Counter()

    def count_one(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        count["queries"] += 1
        return execute(sql, params, many, context)

    with connections[using].execute_wrapper(count_one):
        yield count
