"""Running `manage.py cache`, in this process and as a real one."""

import io
import os
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from scheduling.models import Employee
from tests.processes import ROOT, database_url


def run(*arguments: str) -> str:
    """Return what the command writes to stdout."""
    out = io.StringIO()
    call_command("cache", *arguments, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def refused(*arguments: str) -> tuple[str, int]:
    """Return the sentence and the exit code of a command that fails."""
    with pytest.raises(CommandError) as error:
        run(*arguments)
    return str(error.value), error.value.returncode


def process(*arguments: str, **kwargs: Any) -> subprocess.Popen[str]:
    """Start `manage.py cache` as a real process on the database and the cache directory of the test."""
    environment = {
        **os.environ,
        "DATABASE_URL": database_url(),
        "CACHE_DIRECTORY": str(settings.CACHING["DIRECTORY"]),
        "COLUMNS": "140",
    }
    return subprocess.Popen(
        [sys.executable, str(ROOT / "manage.py"), "cache", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        **kwargs,
    )


def finished(*arguments: str) -> tuple[int, str, str]:
    """Return exit code, stdout and stderr of a real process."""
    started = process(*arguments)
    out, messages = started.communicate(timeout=60)
    return started.returncode, out, messages


def read_three_times(employee: Employee) -> None:
    for _ in range(3):
        Employee.objects.get_by_email(employee.email)
