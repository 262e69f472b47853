"""Callables for ``CACHING["SCOPE"]``: which tenant is the caller working for?"""

from django.db import DEFAULT_DB_ALIAS, connections

_IN_ERROR = 3


def schema_name() -> str | None:
    """Return the schema of the default database that this thread reads, for tenants that are chosen by search_path.

    Costs nothing where the connection knows it (django-tenants sets ``schema_name``; the servers from PostgreSQL 18 on
    report every change), else a SHOW for each read of the cache. None on other databases.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    named = getattr(connection, "schema_name", None)
    if isinstance(named, str) and named:
        return named
    if connection.vendor != "postgresql":
        return None
    connection.ensure_connection()
    driver = connection.connection
    if driver.info.transaction_status == _IN_ERROR:
        # Nothing can be asked until the rollback, nor can anything be loaded.
        return "?"
    # On the driver itself, so that no query is counted on the caller's connection. SHOW takes no snapshot.
    path: str = driver.info.parameter_status("search_path") or _show(driver, "search_path")
    return f"{path} {driver.info.user} {_show(driver, 'role')}" if "$user" in path else path


def _show(driver: object, name: str) -> str:
    with driver.cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute(f"SHOW {name}")
        (value,) = cursor.fetchone()
    return str(value)
