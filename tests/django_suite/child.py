"""One run of Django's tests: ``python -m tests.django_suite.child FOLDER [--without] APPLICATION…``.

Django's own ``runtests.py`` prepares it. Where the cache takes part, it is one more application from the start.
"""

import argparse
import importlib
import inspect
import os
import sys
from typing import Any

OURS = ("caching", "tests.django_suite.apps.EveryModelConfig")
OPTIONS = {"verbosity": 1, "parallel": 1, "interactive": False, "shuffle": False, "exclude_tags": ["selenium"]}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.django_suite.child")
    parser.add_argument("folder")
    parser.add_argument("applications", nargs="+")
    parser.add_argument("--without", action="store_true", help="without the cache")
    chosen = parser.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.django_suite.settings"
    os.chdir(chosen.folder)
    sys.path.insert(0, chosen.folder)
    runtests: Any = importlib.import_module("runtests")
    if not chosen.without:
        runtests.ALWAYS_INSTALLED_APPS.extend(OURS)
    # What a version does not ask for is left out; what it asks for beyond this is off.
    asked = inspect.signature(runtests.django_tests).parameters
    options: dict[str, Any] = {name: OPTIONS.get(name) for name in asked} | {"test_labels": chosen.applications}
    runtests.django_tests(**options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
