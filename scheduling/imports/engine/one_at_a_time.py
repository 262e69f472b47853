"""Two imports of the same kind at once: the second waits, and finds the rows of the first."""

from hashlib import blake2b

from django.db import OperationalError, connections
from django.utils.translation import gettext as _

from scheduling.imports.engine.problems import FileError


def wait_for_others(kind: str, using: str) -> None:
    """Hold the lock of a kind of import until the end of the transaction. SQLite has one writer at a time anyway.

    Without it PostgreSQL lets both look for existing rows before either has committed: each row of the second file is
    inserted, waits, fails and is repeated alone, only to be refused. Raises FileError if the other takes longer than
    the database lets a statement wait.
    """
    connection = connections[using]
    if connection.vendor != "postgresql":
        return
    number = int.from_bytes(blake2b(f"import {kind}".encode(), digest_size=8).digest(), signed=True)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])
    except OperationalError as error:
        raise FileError(_("Another file of this kind is being imported. Import this one again afterwards.")) from error
