"""Starts Python with an environment of its own, to see which settings come of it."""

import json
import os
import subprocess
import sys
from typing import Any

from scheduler_project.environment import BASE_DIR

SHOW = "import json; from django.conf import settings; print(json.dumps({}, default=str))"


def start(*arguments: str, code: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    """Run Python with these environment variables and no others of ours.

    SECRET_KEY is there and empty unless given: the one that `make demo` may have written to var/env must not count.
    """
    fixed = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "scheduler_project.settings", "SECRET_KEY": ""}
    environment = fixed | variables
    command = [sys.executable, *(arguments or ("-c", code))]
    return subprocess.run(command, cwd=BASE_DIR, env=environment, capture_output=True, text=True, timeout=60)


def setting(expression: str, **variables: str) -> Any:
    done = start(code=SHOW.format(expression), **variables)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
