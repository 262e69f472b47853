"""The tests of the installed version of Django: they are in its sdist, not in its wheel."""

import subprocess
import sys
import tarfile
from pathlib import Path

import django

PLACE = Path(__file__).resolve().parents[2] / "var" / "django"


def tests_of_django() -> Path:
    """Return the folder of Django's tests; at the first call for a version, pip gets them from the package index."""
    version = django.get_version()
    folder = PLACE / f"django-{version}"
    if not (folder / "tests" / "runtests.py").exists():
        PLACE.mkdir(parents=True, exist_ok=True)
        command = ("pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-binary", ":all:")
        subprocess.run([sys.executable, "-m", *command, "--dest", PLACE, f"Django=={version}"], check=True)
        (archive,) = (path for path in PLACE.glob(f"*-{version}.tar.gz") if path.name.lower().startswith("django-"))
        with tarfile.open(archive) as opened:
            opened.extractall(PLACE, filter="data")
    return folder / "tests"
