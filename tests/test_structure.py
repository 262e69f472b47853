"""Imports go one way only, and importing the cache reads nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.arrows import Source, arrows, circles, modules_below

ROOT = Path(__file__).resolve().parent.parent
MODULES = modules_below(ROOT, "caching", "scheduling", "scheduler_project", "benchmarks")
SOURCES = {module: Source.read(module, path) for module, path in MODULES.items()}

TODAY = [
    ["caching.coherence.connections", "caching.coherence.invalidation", "caching.coherence.receivers"],
    [
        *("scheduling.attention", "scheduling.caches", "scheduling.models", "scheduling.models.notifications"),
        *("scheduling.models.organisation", "scheduling.models.planning", "scheduling.models.rules"),
        *("scheduling.models.shifts", "scheduling.policy", "scheduling.policy.checks", "scheduling.policy.facts"),
        *("scheduling.policy.findings", "scheduling.policy.hours", "scheduling.policy.loading"),
        *("scheduling.policy.people", "scheduling.policy.rulebook", "scheduling.policy.schedules"),
        *("scheduling.policy.situation", "scheduling.policy.staffing", "scheduling.policy.wishes"),
        "scheduling.querysets",
    ],
]
"""The circles that are still there. Nothing may be added."""


def within(name: str, *packages: str) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


ALL = arrows(SOURCES)


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


class CirclesTests:
    def test_no_module_uses_one_that_uses_it(self) -> None:
        assert circles(ALL) == TODAY

    @pytest.mark.parametrize(
        "planted",
        [
            "def get():\n    from caching.coherence import connections\n",
            "def get():\n    from .coherence.connections import publish\n",
            "import caching\n\ndef get():\n    return caching.coherence.connections.publish\n",
            "import caching as cache\n\nclass Late:\n    publish = cache.coherence.connections.publish\n",
            "from caching import coherence\n\ndef get():\n    return coherence.connections\n",
            "from importlib import import_module as load\n\ndef get():\n    load('caching.coherence.connections')\n",
            "import importlib as il\n\ndef get():\n    return il.import_module('.coherence.connections', 'caching')\n",
            "def get():\n    return __import__('caching.coherence.connections')\n",
            "import sys\n\ndef get():\n    return sys.modules['caching.coherence.connections']\n",
        ],
    )
    def test_sees_an_arrow_back_however_it_is_written(self, planted: str) -> None:
        sources = SOURCES | {"caching.keys": Source.read("caching.keys", MODULES["caching.keys"], planted)}
        assert any(
            {"caching.keys", "caching.coherence.connections"} <= set(group) for group in circles(arrows(sources))
        )

    def test_counts_what_only_a_type_checker_reads_apart(self) -> None:
        planted = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .manager import CacheManager\n"
        source = Source.read("caching.keys", MODULES["caching.keys"], planted)
        sources = SOURCES | {"caching.keys": source}
        assert arrows(sources)["caching.keys"] == set()
        assert arrows(sources, typing=True)["caching.keys"] == {"caching.manager"}


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
