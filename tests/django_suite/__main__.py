"""The command: ``python -m tests.django_suite [APPLICATION…]``, by default all that are named in ``applications``.

With ``--postgresql`` they run on a PostgreSQL server of their own, from a wheel.
"""

import argparse
import sys
from contextlib import nullcontext

import psycopg

from ..on_postgres import postgresql
from .applications import APPLICATIONS, NEED_EXTENSIONS
from .comparison import compare, run
from .sources import tests_of_django


def add_collation(url: str) -> None:
    """Let the new databases of a server have the collation that Django's tests name; the wheel has none of ICU's.

    It sorts in another way. The tests that look at that fail without the cache, too.
    """
    with psycopg.connect(url, dbname="template1", autocommit=True) as connection:
        connection.execute('CREATE COLLATION "sv-x-icu" FROM "C"')


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.django_suite")
    parser.add_argument("applications", nargs="*", metavar="APPLICATION", help="of Django's tests (default: ours)")
    parser.add_argument("--postgresql", action="store_true", help="on a PostgreSQL server from a wheel, not on SQLite")
    options = parser.parse_args()
    left_out = NEED_EXTENSIONS if options.postgresql else ()
    names = options.applications or [name for name in APPLICATIONS if name not in left_out]
    folder = tests_of_django()
    with postgresql() if options.postgresql else nullcontext("") as url:
        if url:
            add_collation(url)
        told, wrong = compare(run(folder, names, database=url), run(folder, names, "--without", database=url))
    sys.stdout.write(f"{told}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
