"""Runs in a worker: the rows, the users and the addresses of the load. The sample files with a plan for this week."""

from __future__ import annotations

from typing import Any

from benchmarks import pages

PLANNERS = 4
PASSWORD = "of a benchmark"  # noqa: S105
OWN_ROWS = 64
"""As many assignments as there can be clients: each saves one of its own, as planners who agree on who does what."""


def prepare() -> dict[str, Any]:
    """Fill the database; return the names of the planners and what the addresses of the mix are about."""
    from django.contrib.auth.models import Group, Permission, User
    from django.core.management import call_command

    from scheduling.models import ScheduleAssignment

    call_command("collectstatic", interactive=False, verbosity=0)
    pages.import_samples()
    names = [f"planner{number}" for number in range(PLANNERS)]
    for number, name in enumerate(names):
        planner = User.objects.create_user(name, password=PASSWORD, is_staff=True)
        planner.groups.set(Group.objects.filter(name=pages.GROUP))
        planner.user_permissions.set(Permission.objects.filter(codename__in=pages.BESIDES))
        pages.add_notifications(planner, number)
    of_all = ScheduleAssignment.objects.order_by("pk").values_list("pk", flat=True)
    return {"planners": names, "rows": pages.rows(), "assignments": list(of_all[:OWN_ROWS])}
