"""Imports go one way only, and importing the cache reads nothing."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.arrows import Source, arrows, circles, modules_below

ROOT = Path(__file__).resolve().parent.parent
MODULES = modules_below(ROOT, "caching", "scheduling", "scheduler_project", "benchmarks")
SOURCES = {module: Source.read(module, path) for module, path in MODULES.items()}

MAX_LINES_OF_A_FILE = 300
MAX_LINES_OF_A_CLASS = 250
LAYERS = {
    "caching": (
        *("exceptions", "conf", "keys", "monitoring.load_times", "monitoring.drift", "monitoring.stats"),
        *("monitoring.recorder", "monitoring.repeated_selects", "models", "databases"),
        *("values", "stores", "coherence", "reading"),
        ("", "apps", "checks", "management", "monitoring", "serializers", "testing", "tiers", "urls"),
        ("admin", "templatetags"),
    ),
    "scheduling": (
        *(
            "calendar",
            "statuses",
            "department_tree",
            "fields",
            "caches",
            "models",
            "warming",
            "policy",
            "attention",
            "workflow",
        ),
        *("exports", "imports", "samples", "admin"),
        ("", "apps", "management", "templatetags"),
    ),
}
"""The parts of each application, the lowest first. A part uses those below it; parts of one layer stand in brackets."""
SEAM = ("caching.testing",)
"""What of the cache is used from outside, with the names of ``caching.__all__``."""


def within(name: str, *packages: str) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def children_of(package: str) -> list[str]:
    """Return the names of the modules and packages directly in a package."""
    return [name.rpartition(".")[2] for name in MODULES if name.rpartition(".")[0] == package]


def layer_of(module: str) -> int:
    """Return the number of the layer whose part names the module most exactly."""
    package = module.partition(".")[0]
    parts = {
        ".".join(filter(None, (package, part))): number
        for number, layer in enumerate(LAYERS[package])
        for part in ([layer] if isinstance(layer, str) else layer)
    }
    # The package itself gathers what is inside of it, so it stands for none of its modules.
    own = [part for part in parts if module == part or (part != package and within(module, part))]
    assert own, f"{module} is in no layer: add it to LAYERS."
    return parts[max(own, key=len)]


def upward(graph: dict[str, set[str]], package: str) -> set[tuple[str, str]]:
    """Return the arrows of a package that go from a lower layer to a higher one."""
    return {
        (module, name)
        for module, names in graph.items()
        if within(module, package)
        for name in names
        if within(name, package) and layer_of(module) < layer_of(name)
    }


ALL = arrows(SOURCES)
TYPES_ALONE = arrows(SOURCES, typing=True)


class DirectionTests:
    @pytest.mark.parametrize("package", LAYERS)
    def test_a_part_uses_only_those_below_it(self, package: str) -> None:
        assert upward(ALL, package) == set()

    def test_for_its_types_alone_only_the_cached_reads_look_up(self) -> None:
        """A look-up is declared below the models, and its type names the model that it returns."""
        wrong = {
            (module, name)
            for package in LAYERS
            for module, name in upward(TYPES_ALONE, package)
            if module != "scheduling.caches" or not within(name, "scheduling.models")
        }
        assert wrong == set()

    def test_the_cache_knows_nothing_of_its_users(self) -> None:
        assert used_by("caching", "scheduling", "scheduler_project", "benchmarks") == set()

    def test_the_application_knows_nothing_of_the_project(self) -> None:
        assert used_by("scheduling", "scheduler_project", "benchmarks") == set()

    def test_what_is_counted_imports_nothing_of_ours(self) -> None:
        assert ALL["caching.monitoring.stats"] == {"caching.monitoring.drift", "caching.monitoring.load_times"}
        assert ALL["caching.monitoring.drift"] == set()
        assert ALL["caching.monitoring.load_times"] == set()

    def test_nobody_imports_what_is_only_known_when_it_runs(self) -> None:
        # The worker of the benchmarks is told on its command line what to measure.
        assert {module for module, source in SOURCES.items() if source.dynamic} <= {"benchmarks.worker"}

    def test_packages_of_a_server_are_imported_where_they_are_needed(self) -> None:
        wanted = {
            "redis": ("caching.stores.redis",),
            "django_redis": ("caching.stores.redis", "caching.serializers"),
            "rich": ("caching.management", "caching.monitoring"),
            "prometheus_client": ("caching.monitoring.prometheus",),
        }
        wrong = {
            (module, package)
            for module, source in SOURCES.items()
            for package, parts in wanted.items()
            if within(module, "caching") and any(within(name, package) for name in source.runtime | source.typing)
            if not within(module, *parts)
        }
        assert wrong == set()


def used_by(package: str, *others: str) -> set[tuple[str, str]]:
    """Return the arrows, those of type checkers too, from a package to any of the others."""
    return {
        (module, name)
        for graph in (ALL, TYPES_ALONE)
        for module, names in graph.items()
        if within(module, package)
        for name in names
        if within(name, *others)
    }


class SeamTests:
    def test_others_use_only_the_public_names_of_the_cache(self) -> None:
        import caching

        public = (*SEAM, *(f"caching.{name}" for name in caching.__all__))
        wrong = {
            (module, name)
            for module, source in SOURCES.items()
            if not within(module, "caching")
            for name in source.runtime | source.typing
            if within(name, "caching") and name != "caching" and not within(name, *public)
        }
        assert wrong == set()


class CirclesTests:
    def test_no_module_uses_one_that_uses_it(self) -> None:
        assert circles(ALL) == []

    @pytest.mark.parametrize(
        "planted",
        [
            "def get():\n    from caching.coherence import watcher\n",
            "def get():\n    from .coherence.watcher import publish\n",
            "import caching\n\ndef get():\n    return caching.coherence.watcher.publish\n",
            "import caching as cache\n\nclass Late:\n    publish = cache.coherence.watcher.publish\n",
            "from caching import coherence\n\ndef get():\n    return coherence.watcher\n",
            "from importlib import import_module as load\n\ndef get():\n    load('caching.coherence.watcher')\n",
            "import importlib as il\n\ndef get():\n    return il.import_module('.coherence.watcher', 'caching')\n",
            "def get():\n    return __import__('caching.coherence.watcher')\n",
            "import sys\n\ndef get():\n    return sys.modules['caching.coherence.watcher']\n",
        ],
    )
    def test_sees_an_arrow_back_however_it_is_written(self, planted: str) -> None:
        sources = SOURCES | {"caching.keys": Source.read("caching.keys", MODULES["caching.keys"], planted)}
        assert any({"caching.keys", "caching.coherence.watcher"} <= set(group) for group in circles(arrows(sources)))

    def test_counts_what_only_a_type_checker_reads_apart(self) -> None:
        planted = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .reading.manager import CacheManager\n"
        source = Source.read("caching.keys", MODULES["caching.keys"], planted)
        sources = SOURCES | {"caching.keys": source}
        assert arrows(sources)["caching.keys"] == set()
        assert arrows(sources, typing=True)["caching.keys"] == {"caching.reading.manager"}


class SizeTests:
    @pytest.mark.parametrize("module", MODULES)
    def test_a_file_can_be_read_at_once(self, module: str) -> None:
        assert len(MODULES[module].read_text().splitlines()) <= MAX_LINES_OF_A_FILE

    @pytest.mark.parametrize("module", MODULES)
    def test_a_class_can_be_read_at_once(self, module: str) -> None:
        long = [
            node.name
            for node in ast.walk(SOURCES[module].tree)
            if isinstance(node, ast.ClassDef)
            if (node.end_lineno or 0) - node.lineno >= MAX_LINES_OF_A_CLASS
        ]
        assert long == []


PACKAGES = [module for module, path in MODULES.items() if path.name == "__init__.py" and children_of(module)]


class DocstringTests:
    @pytest.mark.parametrize("package", PACKAGES)
    def test_a_package_names_every_module_in_it(self, package: str) -> None:
        text = ast.get_docstring(SOURCES[package].tree) or ""
        # "name  what it is" at the beginning of a line.
        named = re.findall(r"^ *(\w+(?:, \w+)*) {2,}\S", text, re.M)
        assert sorted(name for names in named for name in names.split(", ")) == sorted(children_of(package))


class MirrorTests:
    @pytest.mark.parametrize("module", [module for module in MODULES if not within(module, "benchmarks")])
    def test_a_module_has_a_test_file_at_its_path(self, module: str) -> None:
        path = MODULES[module]
        if path.name != "__init__.py":
            inside = path.relative_to(ROOT)
            assert (ROOT / "tests" / inside.with_name(f"test_{inside.name}")).exists()


class ImportTests:
    def run(self, source: str) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
        return subprocess.run(
            [sys.executable, "-c", source], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
        )

    def test_importing_the_cache_reads_no_setting_and_no_model(self) -> None:
        done = self.run(
            "import caching\n"
            "import caching.testing\n"
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
