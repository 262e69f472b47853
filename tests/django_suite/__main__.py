"""The command: ``python -m tests.django_suite [APPLICATION…]``, by default all that are named in ``applications``.

With ``--postgresql`` they run on a PostgreSQL server of their own, from a wheel.
"""

import argparse
import sys
from contextlib import nullcontext

from ..on_postgres import postgresql
from .applications import APPLICATIONS
from .comparison import compare, run
from .sources import tests_of_django


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.django_suite")
    parser.add_argument("applications", nargs="*", metavar="APPLICATION", help="of Django's tests (default: ours)")
    parser.add_argument("--postgresql", action="store_true", help="on a PostgreSQL server from a wheel, not on SQLite")
    options = parser.parse_args()
    names = options.applications or list(APPLICATIONS)
    folder = tests_of_django()
    with postgresql() if options.postgresql else nullcontext("") as url:
        told, wrong = compare(run(folder, names, database=url), run(folder, names, "--without", database=url))
    sys.stdout.write(f"{told}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
