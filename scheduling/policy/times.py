"""How a shift is named in a sentence or in a list: by its name and its times."""

from __future__ import annotations

import datetime
from typing import Protocol


class HasTimes(Protocol):
    name: str
    start_time: datetime.time
    end_time: datetime.time


def with_times(shift: HasTimes) -> str:
    """Return the name and the times of a shift: "Night (22:00-06:00)"."""
    return named(shift.name, shift.start_time, shift.end_time)


def named(name: str, start: datetime.time, end: datetime.time) -> str:
    """Return "Night (22:00-06:00)", with a dash between the times."""
    return f"{name} ({start:%H:%M}–{end:%H:%M})"
