"""Who invalidated what: the log of this host, by type and by process. Values in tags are masked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from ..keys import without_value
from ..monitoring.invalidation_log import Publication
from ..reading.manager import cache_manager
from . import words

MAX_LINES = 50
MAX_TAGS = 6


@dataclass(frozen=True, kw_only=True)
class Line:
    """One publication."""

    at: datetime
    cause: str
    process: str
    tags: str
    duration: str


@dataclass(frozen=True, kw_only=True)
class Log:
    """The newest lines that a filter lets through, and what can be filtered by."""

    lines: Sequence[Line]
    found: int
    """How many there are, of which ``lines`` are the newest."""
    processes: Sequence[int]


def log_of(publications: Sequence[Publication], type_name: str, process: str) -> Log:
    """Return the log of a type, "" for all, and of the process with an id, "" for all."""
    found = [
        one
        for one in publications
        if (not process or str(one.pid) == process) and (not type_name or type_name in cache_manager.types_of(one.tags))
    ]
    return Log(
        lines=[_line(one) for one in found[:MAX_LINES]],
        found=len(found),
        processes=sorted({one.pid for one in publications}),
    )


def _line(one: Publication) -> Line:
    tags = ", ".join(dict.fromkeys(map(without_value, one.tags[:MAX_TAGS])))
    if one.all_tags > MAX_TAGS:
        tags += " " + _("and %(number)s more") % {"number": words.number(one.all_tags - MAX_TAGS)}
    return Line(
        at=timezone.localtime(one.at),
        cause=words.cause(one.cause),
        process=f"{one.pid} ({one.command})",
        tags=tags,
        duration=words.duration(one.seconds),
    )
