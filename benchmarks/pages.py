"""What the pages of the admin cost: queries and milliseconds, cold, warm and without the cache.

The sample files are imported with a plan for this week, and a planner who is an employee opens every page. "Cold" is
with empty caches, "warm" from the second time on, and "uncached" in a process of its own with CACHE_ENABLED=0 and a
database of its own. Warm and uncached requests take turns, and the medians of the turns count. The milliseconds are
processor time, including that of the database, which is SQLite inside the process, so other programs do not count.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Iterator
from typing import Any

from benchmarks.harness import Bar, Figures, arguments, medians, present, scratch_folder
from benchmarks.worker import Worker

ROUNDS = 15
NOISE = 1.03
"""By how much the median of the same page differs from run to run."""
MAX_QUERIES = 10
BUDGET_MS, BUDGET_OF_MANY_ROWS_MS = 250, 400
"""Processor time of a warm page. With two processors, the last of 64 people who ask at one moment has a page of 250 ms
after 8 seconds. Pages with a form for each of sixty rows may take longer."""
MANY_ROWS = ("schedule_form", "shift_form")

GROUP = "Planner"
BESIDES = ("add_rule", "change_rule", "change_department", "change_employee", "change_shift")
"""What else the planner may do, so that forms are measured and not read-only pages."""

PAGES = {
    "index": ("index", ""),
    "department_list": ("scheduling_department_changelist", ""),
    "department_subtree_list": ("scheduling_department_changelist", "?within={department}"),
    "department_form": ("scheduling_department_change", "department"),
    "employee_list": ("scheduling_employee_changelist", ""),
    "employee_subtree_list": ("scheduling_employee_changelist", "?within={department}"),
    "employee_form": ("scheduling_employee_change", "employee"),
    "skill_list": ("scheduling_skill_changelist", ""),
    "shift_type_list": ("scheduling_shifttype_changelist", ""),
    "shift_list": ("scheduling_shift_changelist", ""),
    "shift_form": ("scheduling_shift_change", "shift"),
    "schedule_list": ("scheduling_schedule_changelist", ""),
    "schedule_form": ("scheduling_schedule_change", "schedule"),
    "schedule_add_form": ("scheduling_schedule_add", ""),
    "assignment_list": ("scheduling_scheduleassignment_changelist", ""),
    "assignment_form": ("scheduling_scheduleassignment_change", "assignment"),
    "assignment_import": ("scheduling_scheduleassignment_import", ""),
    "assignment_export": ("scheduling_scheduleassignment_export", ""),
    "rule_list": ("scheduling_rule_changelist", ""),
    "rule_form": ("scheduling_rule_change", "rule"),
    "rule_add_form": ("scheduling_rule_add", ""),
    "notification_list": ("scheduling_notification_changelist", ""),
    "notification_form": ("scheduling_notification_change", "notification"),
}
"""By name: the name of the URL, and either the row that the page is about or its query string."""

SHOWING_CACHED_READS = (
    "index",
    "department_list",
    "department_subtree_list",
    "department_form",
    "employee_list",
    "employee_subtree_list",
    "employee_form",
    "shift_list",
    "schedule_list",
    "schedule_form",
    "assignment_list",
    "assignment_form",
    "rule_list",
    "rule_form",
    "rule_add_form",
    "notification_list",
    "notification_form",
)


def bars() -> list[Bar]:
    return [bar for page in PAGES for bar in _bars(page)]


def _bars(page: str) -> Iterator[Bar]:
    warm, uncached = f"{page}_warm", f"{page}_uncached"
    budget = BUDGET_OF_MANY_ROWS_MS if page in MANY_ROWS else BUDGET_MS
    yield Bar(f"{warm}_ms", f"at most {budget}", lambda figures: figures[f"{warm}_ms"] <= budget)
    yield Bar(
        f"{warm}_queries",
        f"at most {MAX_QUERIES}",
        lambda figures: figures[f"{warm}_queries"] <= MAX_QUERIES,
    )
    if page in SHOWING_CACHED_READS:
        yield Bar(
            f"{uncached}_queries",
            "more than warm",
            lambda figures: figures[f"{uncached}_queries"] > figures[f"{warm}_queries"],
        )
        yield Bar(
            f"{uncached}_ms",
            "not below warm",
            lambda figures: figures[f"{uncached}_ms"] * NOISE >= figures[f"{warm}_ms"],
        )


def main() -> None:
    parser = arguments(__doc__)
    options = parser.parse_args()
    present("Pages of the admin as a planner", measure(), bars(), options.json)


def measure() -> Figures:
    """Return queries and median milliseconds of every page, cold, warm and uncached."""
    with (
        scratch_folder() as folder,
        Worker(__spec__.name, folder / "cached") as cached,
        Worker(__spec__.name, folder / "uncached", environment={"CACHE_ENABLED": "0"}) as uncached,
    ):
        for worker in (cached, uncached):
            worker.call("migrate")
            worker.call("prepare")
        figures: dict[str, float] = {}
        for page in PAGES:
            figures |= _figures(page, cached, uncached)
        return figures


def _figures(page: str, cached: Worker, uncached: Worker) -> dict[str, float]:
    cold = medians([cached.call("visit", page=page, cold=True) for _ in range(3)])
    for worker in (cached, uncached):
        worker.call("visit", page=page)
    rounds = [(cached.call("visit", page=page), uncached.call("visit", page=page)) for _ in range(ROUNDS)]
    warm, without = (medians(visits) for visits in zip(*rounds, strict=True))
    kinds = {"cold": cold, "warm": warm, "uncached": without}
    return {f"{page}_{kind}_{name}": value for kind, found in kinds.items() for name, value in found.items()}


# -- in the workers ---------------------------------------------------------------------------------------------------

_known: dict[str, Any] = {}


def prepare() -> None:
    """Import the sample files with a plan for this week, and log the planner in."""
    from django.contrib.auth.models import Group, Permission, User
    from django.test import Client
    from django.test.utils import override_settings

    warnings.filterwarnings("ignore", "No directory at")
    # Keep the names of static files: none have been collected for a database that lives for minutes.
    storage = "django.contrib.staticfiles.storage.StaticFilesStorage"
    default = "django.core.files.storage.FileSystemStorage"
    override_settings(STORAGES={"default": {"BACKEND": default}, "staticfiles": {"BACKEND": storage}}).enable()
    import_samples()
    planner = User.objects.create_user("planner", is_staff=True)
    planner.groups.set(Group.objects.filter(name=GROUP))
    planner.user_permissions.set(Permission.objects.filter(codename__in=BESIDES))
    add_notifications(planner)
    _known["rows"] = rows()
    client = Client(SERVER_NAME="localhost")
    client.force_login(planner)
    _known["client"] = client


def import_samples() -> None:
    """Import the sample files with a plan that begins this Monday."""
    from scheduling.imports.engine.files import read_path
    from scheduling.imports.kinds import KINDS
    from scheduling.samples import SAMPLES_DIR
    from scheduling.samples.weeks import moved, this_monday

    for kind, resource in KINDS.items():
        table = moved(kind, read_path(SAMPLES_DIR / f"{kind}.csv"), this_monday())
        assert resource().import_data(table).saved, kind


def add_notifications(planner: Any, number: int = 0) -> None:
    """Let the planner be the employee with this number in the order of their keys, and have messages."""
    from scheduling.models import Employee, Notification

    employee = Employee.objects.order_by("pk")[number]
    employee.user = planner
    employee.save()
    Notification.objects.bulk_create(Notification(recipient=employee, title=f"Message {n}") for n in range(50))


def rows() -> dict[str, int]:
    """Return the keys of the rows that pages are about."""
    from scheduling.models import Department, Employee, Notification, Rule, ScheduleAssignment, Shift

    busiest = ScheduleAssignment.objects.order_by("date", "pk")[0]
    return {
        "department": Department.objects.get(code="KIT").pk,
        "employee": Employee.objects.order_by("pk")[0].pk,
        "shift": Shift.objects.order_by("pk")[0].pk,
        "schedule": busiest.schedule_id,
        "assignment": busiest.pk,
        "rule": Rule.objects.get(name__startswith="Fire").pk,
        "notification": Notification.objects.order_by("pk")[0].pk,
    }


def visit(page: str, cold: bool = False) -> dict[str, float]:
    """Open a page once for its queries and once for its time, both cold if that is asked for."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client, address = _known["client"], _address(page)
    _cool(cold)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200, address
    # Count them now: the next request empties the log.
    count = len(queries)
    _cool(cold)
    started = time.process_time()
    client.get(address)
    return {"queries": count, "ms": (time.process_time() - started) * 1e3}


def _cool(cold: bool) -> None:
    """Empty the caches, if asked to."""
    from caching import cache_manager

    if cold:
        cache_manager.clear()


def _address(page: str) -> str:
    from django.urls import reverse

    name, about = PAGES[page]
    if about in _known["rows"]:
        return reverse(f"admin:{name}", args=[_known["rows"][about]])
    return reverse(f"admin:{name}") + about.format(**_known["rows"])


if __name__ == "__main__":
    sys.exit(main())
