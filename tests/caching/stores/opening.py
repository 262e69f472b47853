"""What the tests of the stores on one host share: stores on a file, another file, another process."""

import subprocess
import sys
from pathlib import Path

from caching.stores.generation_file import FILE_NAME
from caching.stores.shared_memory import SharedMemoryGenerations
from tests.caching.clock import Clock
from tests.caching.stores.contract import INTENT_SECONDS
from tests.processes import ROOT


def opened(directory: Path, clock: Clock, intent_seconds: float = INTENT_SECONDS) -> SharedMemoryGenerations:
    return SharedMemoryGenerations(directory, intent_seconds=intent_seconds, clock=clock)


def replace_file(directory: Path) -> None:
    """Put another file of generations in the place of the first, as a restored backup or a second boot does."""
    (directory / FILE_NAME).unlink()
    SharedMemoryGenerations(directory).stamp(("any",))


_PRELUDE = """
import os, signal, sys
from pathlib import Path
from caching.stores.shared_memory import SharedMemoryGenerations
directory = Path(sys.argv[1])
def die(): os.kill(os.getpid(), signal.SIGKILL)
"""


def python(source: str, directory: Path) -> "subprocess.Popen[str]":
    """Start another process that has the class and the directory."""
    return subprocess.Popen(
        [sys.executable, "-c", _PRELUDE + source, str(directory)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
