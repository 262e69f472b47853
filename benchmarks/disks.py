"""A disk that is soon full: a command that runs in a mount namespace of its own, with a small tmpfs on a folder."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

_MOUNT = 'mount -t tmpfs -o "size=$1" tmpfs "$2" && shift 2 && exec "$@"'


def on_small_disk(folder: Path, kilobytes: int, *command: str) -> list[str]:
    """Return the command that runs this one with a tmpfs of that size on the folder, which nobody else sees."""
    # Root needs no user namespace, and could not become another user in one, as the PostgreSQL of the wheel does.
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    size = f"{kilobytes}k"
    return ["unshare", *user, "--mount", "sh", "-c", _MOUNT, "sh", size, str(folder), *command]


def can_mount(folder: Path) -> bool:
    """Return whether this machine allows it. Containers often do not."""
    try:
        return subprocess.run(on_small_disk(folder, 64, "true"), capture_output=True, timeout=30).returncode == 0
    except FileNotFoundError:
        return False
