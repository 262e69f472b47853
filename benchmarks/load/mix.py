"""The mix: what planners do, as weights. A third of the requests are heavy pages, and one in ten is part of a save."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ASSIGNMENT = "/admin/scheduling/scheduleassignment/{}/change/"
SAVE = "save"

MIX: Mapping[str, int] = {
    "index": 15,
    "schedule_list": 10,
    "schedule_form": 20,
    "assignment_list": 10,
    "assignment_form": 10,
    "employee_list": 10,
    "employee_form": 5,
    "shift_list": 5,
    "department_list": 5,
    "notification_list": 5,
    SAVE: 5,
}
"""Pages by weight. A save opens an assignment, changes its notes, saves, and is sent on to the list."""

ADDRESSES = {
    "index": "/admin/",
    "schedule_list": "/admin/scheduling/schedule/",
    "schedule_form": "/admin/scheduling/schedule/{schedule}/change/",
    "assignment_list": "/admin/scheduling/scheduleassignment/",
    "assignment_form": "/admin/scheduling/scheduleassignment/{assignment}/change/",
    "employee_list": "/admin/scheduling/employee/",
    "employee_form": "/admin/scheduling/employee/{employee}/change/",
    "shift_list": "/admin/scheduling/shift/",
    "department_list": "/admin/scheduling/department/",
    "notification_list": "/admin/scheduling/notification/",
}


def addresses(rows: Mapping[str, Any]) -> dict[str, str]:
    """Return the address of each page of the mix."""
    return {name: address.format(**rows) for name, address in ADDRESSES.items()}
