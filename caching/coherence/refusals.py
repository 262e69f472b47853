"""Whether an error of the database means that nothing was written."""

from sqlite3 import SQLITE_BUSY, SQLITE_ERROR, SQLITE_LOCKED

_CANCELLED = "57014"
"""By a user, or by statement_timeout: what it had written is rolled back."""


def was_refused(error: Exception) -> bool:
    """Whether the database itself reported that it did not execute the statement: locked, or a syntax error."""
    answer = getattr(error.__cause__, "sqlstate", None) or getattr(error.__cause__, "pgcode", None)
    if answer is not None:
        # Except for a failed connection (08) or a server that was shut down (57); a statement may be cancelled alone.
        return answer == _CANCELLED or answer[:2] not in ("08", "57")
    return getattr(error.__cause__, "sqlite_errorcode", -1) & 0xFF in (SQLITE_ERROR, SQLITE_BUSY, SQLITE_LOCKED)
