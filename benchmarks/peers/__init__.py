"""Settings of the same project with another cache in place of ours, each set up as its documentation says.

django_redis  values in Redis, pickled; nothing is invalidated
cacheops      django-cacheops
cachalot      django-cachalot
"""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

REQUIREMENTS = Path(__file__).resolve().parent.parent / "requirements.txt"
PACKAGES = ("cacheops", "cachalot")


def install() -> None:
    """Install the peers into this environment unless they are there; exit with a sentence if pip fails."""
    if all(map(find_spec, PACKAGES)):
        return
    print(f"Installing the peers of {REQUIREMENTS.name} …", file=sys.stderr)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", str(REQUIREMENTS)]
    if subprocess.run(pip, stdout=sys.stderr, check=False).returncode:
        sys.exit(f"The peers could not be installed. Try it by hand: {' '.join(pip)}")
