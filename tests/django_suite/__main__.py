"""The command: ``python -m tests.django_suite [APPLICATION…]``, by default all that are named in ``applications``."""

import argparse
import sys

from .applications import APPLICATIONS
from .comparison import compare, run
from .sources import tests_of_django


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.django_suite")
    parser.add_argument("applications", nargs="*", metavar="APPLICATION", help="of Django's tests (default: ours)")
    names = parser.parse_args().applications or list(APPLICATIONS)
    folder = tests_of_django()
    told, wrong = compare(run(folder, names), run(folder, names, "--without"))
    sys.stdout.write(f"{told}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
