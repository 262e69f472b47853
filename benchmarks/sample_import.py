"""The import of the sample assignments, by ours and by a stock resource, each once new and once unchanged.

    python -m benchmarks.sample_import [--rows 1000]

It uses a database of its own in a temporary folder and prints one JSON object, which `manage.py demo` shows.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from import_export.resources import Resource
    from tablib import Dataset

ROOT = Path(__file__).resolve().parent.parent
INSIDE = "SAMPLE_IMPORT_FOLDER"
REPETITIONS = 3


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1000)
    rows = parser.parse_args().rows
    if INSIDE in os.environ:
        print(json.dumps(measure(rows)))
        return 0
    with tempfile.TemporaryDirectory(prefix="sample-import-") as folder:
        environment = os.environ | {
            INSIDE: folder,
            "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3",
            "CACHE_DIRECTORY": folder,
            "REDIS_URL": "",
            "DJANGO_SETTINGS_MODULE": "scheduler_project.settings",
        }
        command = [sys.executable, "-m", "benchmarks.sample_import", "--rows", str(rows)]
        return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def measure(rows: int) -> dict[str, float]:
    """Return the rows per second of each import, and the queries of ours when the rows are new."""
    import django

    django.setup()
    from benchmarks.stock import StockAssignmentResource
    from scheduling.imports.kinds import KINDS

    dataset = prepare(rows)
    ours = [imported(KINDS["assignments"], dataset, new=True) for _ in range(REPETITIONS)]
    again = [imported(KINDS["assignments"], dataset) for _ in range(REPETITIONS)]
    stock, _ = imported(StockAssignmentResource, dataset, new=True)
    stock_again, _ = imported(StockAssignmentResource, dataset)
    return {
        "rows": len(dataset),
        "ours_rows_per_s": median(rate for rate, _ in ours),
        "ours_again_rows_per_s": median(rate for rate, _ in again),
        "ours_queries": ours[0][1].queries,
        "stock_rows_per_s": stock,
        "stock_again_rows_per_s": stock_again,
    }


def prepare(rows: int) -> Dataset:
    """Import what assignments refer to; return the first assignments."""
    from django.core.management import call_command
    from tablib import Dataset

    from scheduling.imports.engine.files import read_path
    from scheduling.imports.kinds import KINDS
    from scheduling.samples import SAMPLES_DIR

    call_command("migrate", verbosity=0)
    for kind in ("departments", "shift_types", "shifts", "employees"):
        KINDS[kind]().import_data(read_path(SAMPLES_DIR / f"{kind}.csv"), raise_errors=True)
    whole = read_path(SAMPLES_DIR / "assignments.csv")
    return Dataset(*whole[:rows], headers=whole.headers)


def imported(resource: type[Resource], dataset: Dataset, *, new: bool = False) -> tuple[float, Any]:
    """Import the rows; return rows per second and the result."""
    from scheduling.models import Schedule

    if new:
        Schedule.objects.all().delete()
    started = time.perf_counter()
    result = resource().import_data(dataset, raise_errors=True)
    return len(dataset) / (time.perf_counter() - started), result


if __name__ == "__main__":
    sys.exit(main())
