"""The locks hold what the requirements ask for, on every Python that is supported."""

import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
LOCKS = {"requirements.txt": "requirements.lock", "requirements-dev.txt": "requirements-dev.lock"}


def requirements(name: str) -> list[Requirement]:
    """Return what a requirements file asks for, and what the files that it includes ask for."""
    found = []
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        text = line.partition("#")[0].strip()
        if text.startswith("-r "):
            found += requirements(text.removeprefix("-r "))
        elif text:
            found.append(Requirement(text))
    return found


def entries(lock: str) -> list[str]:
    """Return the entries of a lock, each with its hashes, in one line and without comments."""
    lines = (ROOT / lock).read_text(encoding="utf-8").splitlines()
    text = "\n".join(line for line in lines if not line.lstrip().startswith("#"))
    return text.replace("\\\n", " ").splitlines()


def locked(lock: str, python: str) -> dict[str, Version]:
    """Return the version of each package that the lock installs on a Python version."""
    environment = {"python_version": python, "python_full_version": f"{python}.9"}
    found: dict[str, Version] = {}
    for entry in entries(lock):
        requirement = Requirement(entry.partition("--hash")[0])
        if requirement.marker is None or requirement.marker.evaluate(environment):
            name = canonicalize_name(requirement.name)
            assert name not in found, f"{lock} has two versions of {name} for Python {python}"
            (specifier,) = requirement.specifier
            found[name] = Version(specifier.version)
    return found


@pytest.mark.parametrize("python", PYTHONS)
class LockTests:
    @pytest.mark.parametrize(("asked", "lock"), LOCKS.items())
    def test_satisfies_every_range(self, asked: str, lock: str, python: str) -> None:
        versions = locked(lock, python)

        for requirement in requirements(asked):
            version = versions.get(canonicalize_name(requirement.name))
            assert version, f"{lock} has no {requirement.name} for Python {python}: run make lock"
            assert version in requirement.specifier, f"{lock} has {requirement.name} {version}: run make lock"

    def test_has_the_django_of_its_python(self, python: str) -> None:
        django = locked("requirements.lock", python)["django"]

        assert django.release[:2] == ((5, 2) if python == "3.11" else (6, 1))

    def test_tests_run_on_the_versions_that_are_deployed(self, python: str) -> None:
        runtime, development = locked("requirements.lock", python), locked("requirements-dev.lock", python)

        assert runtime.items() <= development.items()


@pytest.mark.parametrize("lock", LOCKS.values())
class EntryTests:
    def test_has_a_version_and_hashes(self, lock: str) -> None:
        for entry in entries(lock):
            assert re.fullmatch(r"[a-z0-9-]+==\S+( +; [^\\]+?)?( +--hash=sha256:[0-9a-f]{64})+", entry), entry

    def test_names_no_index_and_no_path(self, lock: str) -> None:
        text = (ROOT / lock).read_text(encoding="utf-8")

        assert re.findall(r"https?:|file:|--find-links|--index-url|--extra-index-url| @ ", text) == []
