"""Imports go one way only, and importing the cache reads nothing."""

import ast
import graphlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def modules_of(package: str) -> dict[str, Path]:
    """Return the modules of a package by their dotted names."""
    found = {}
    for path in sorted((ROOT / package).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules_of("caching") | modules_of("scheduling") | modules_of("scheduler_project")


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def statements(node: ast.AST, *, in_functions: bool) -> Iterator[ast.AST]:
    """Yield what runs: all but ``if TYPE_CHECKING`` and, unless asked for, the bodies of functions."""
    for child in ast.iter_child_nodes(node):
        if is_type_checking(child):
            continue
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)) and not in_functions:
            continue
        yield child
        yield from statements(child, in_functions=in_functions)


def imports_of(module: str, *, in_functions: bool = True) -> set[str]:
    """Return the modules of ours that a module imports, by their dotted names."""
    path = MODULES[module]
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    found = set()
    for node in statements(ast.parse(path.read_text()), in_functions=in_functions):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*parents, *filter(None, [node.module])])
            for alias in node.names:
                deeper = f"{base}.{alias.name}"
                found.add(deeper if deeper in MODULES else base)
    return {name for name in found if name in MODULES}


def within(name: str, *packages: str) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


ALL = {module: imports_of(module) for module in MODULES}


class DirectionTests:
    def test_the_cache_knows_nothing_of_the_application(self) -> None:
        wrong = {
            (module, name)
            for module, names in ALL.items()
            if within(module, "caching")
            for name in names
            if within(name, "scheduling", "scheduler_project")
        }
        assert wrong == set()

    def test_writing_uses_of_reading_only_keys_exceptions_and_settings(self) -> None:
        allowed = ("caching.coherence", "caching.keys", "caching.exceptions", "caching.conf", "caching.models")
        wrong = {
            (module, name)
            for module, names in ALL.items()
            if within(module, "caching.coherence")
            for name in names
            if not within(name, *allowed)
        }
        assert wrong == set()

    def test_reading_records_through_stats_and_knows_no_other_part_of_watching(self) -> None:
        outside = ("caching.monitoring", "caching.management")
        wrong = {
            (module, name)
            for module, names in ALL.items()
            if not within(module, *outside)
            for name in names
            if within(name, "caching.monitoring") and name not in ("caching.monitoring", "caching.monitoring.stats")
        }
        assert wrong == set()

    def test_watching_counts_without_the_other_wings(self) -> None:
        assert ALL["caching.monitoring.stats"] == set()

    def test_only_these_parts_of_the_application_know_the_cache(self) -> None:
        known_to = {
            module
            for module, names in ALL.items()
            # An expression for SQL, which knows no cache, lies there because the cache needs it too.
            if within(module, "scheduling", "scheduler_project")
            and any(within(name, "caching") for name in names - {"caching.among"})
        }
        always = {"scheduling.caches", "scheduling.querysets"}
        # An import fills caches before its transaction, and the demo shows what the cache does.
        others = {module for module in known_to - always if not within(module, "scheduling.imports")}
        assert others <= {"scheduling.management.commands.demo", "scheduling.management.commands.import_csv"}
        assert always <= known_to

    def test_the_application_knows_nothing_of_the_project(self) -> None:
        wrong = {
            (module, name)
            for module, names in ALL.items()
            if within(module, "scheduling")
            for name in names
            if within(name, "scheduler_project")
        }
        assert wrong == set()

    @pytest.mark.parametrize("package", ["caching", "scheduling"])
    def test_no_module_imports_one_that_imports_it(self, package: str) -> None:
        graph = {
            module: {name for name in imports_of(module, in_functions=False) if name != module}
            # A package's own __init__ gathers what is inside of it.
            - {parent for parent in MODULES if module.startswith(f"{parent}.")}
            for module in MODULES
            if within(module, package)
        }
        graphlib.TopologicalSorter(graph).prepare()


class ImportTests:
    def run(self, source: str) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
        return subprocess.run(
            [sys.executable, "-c", source], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
        )

    def test_importing_the_cache_reads_no_setting_and_no_model(self) -> None:
        done = self.run(
            "import caching\n"
            "from caching import *\n"
            "from django.apps import apps\n"
            "from django.conf import settings\n"
            "assert not settings.configured\n"
            "assert not apps.models_ready\n"
            "print(sorted(caching.__all__) == caching.__all__, CacheType('sample').name)\n"
        )
        assert done.stderr == ""
        assert done.stdout == "True sample\n"

    def test_all_names_what_the_package_has(self) -> None:
        import caching

        assert all(hasattr(caching, name) for name in caching.__all__)
        promised = {"cache_manager", "CacheType", "CachedLookup", "cached", "watch", "invalidate", "BatchCache"}
        assert promised | {"CacheStats", "caching_disabled"} <= set(caching.__all__)
