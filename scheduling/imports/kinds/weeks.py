"""The schedules of weeks: found, or created as drafts, for the assignments of a file."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q
from django.utils.translation import ngettext

from scheduling.calendar import MONDAY_TO_SUNDAY, DepartmentWeek
from scheduling.imports.engine.besides import Besides
from scheduling.models import Schedule


class SchedulesOfWeeks:
    """The schedules that one import needs, as primary keys."""

    def __init__(self, using: str) -> None:
        self._using = using
        self._weeks: dict[int, DepartmentWeek] = {}
        """The week of each loaded schedule. Later versions of a week come after earlier ones."""
        self._latest: dict[DepartmentWeek, int] = {}

    def load(self, weeks: Iterable[DepartmentWeek], also: Iterable[int] = ()) -> None:
        """Read every version of the schedules of these weeks, and the schedules with these primary keys. One query."""
        departments, mondays = {week.department_id for week in weeks}, {week.monday for week in weeks}
        pks = set(also)
        if not departments and not pks:
            return
        schedules = Schedule.objects.using(self._using).order_by("version")
        rows = schedules.filter(Q(department__in=departments, week_start__in=mondays) | Q(pk__in=pks))
        for pk, department, monday in rows.values_list("pk", "department_id", "week_start"):
            self._weeks[pk] = DepartmentWeek(department, monday)
        self._latest = {week: pk for pk, week in self._weeks.items()}

    def is_of_week(self, schedule: int | None, week: DepartmentWeek) -> bool:
        """Whether a schedule, in any version, is of this week."""
        return schedule is not None and self._weeks.get(schedule) == week

    def latest(self, week: DepartmentWeek) -> int:
        """Return the highest version of the week. Raises KeyError if the week has no schedule."""
        return self._latest[week]

    def create_missing(self, weeks: set[DepartmentWeek], besides: Besides) -> None:
        """Create a draft for each of these weeks that has no schedule.

        A schedule that somebody else creates at the same time is used as it is.
        """
        missing = sorted(weeks - self._latest.keys())
        if not missing:
            return
        drafts = [
            Schedule(department_id=week.department_id, week_start=week.monday, week_end=week.monday + MONDAY_TO_SUNDAY)
            for week in missing
        ]
        pks, refused = besides.create(drafts, _told)
        if refused:
            self.load([missing[place] for place in refused])
        created = {pk: week for week, pk in zip(missing, pks, strict=True) if pk is not None}
        self._weeks |= created
        self._latest |= {week: pk for pk, week in created.items()}


def _told(drafts: list[Schedule]) -> str:
    text = ngettext(
        "%(count)d new draft schedule, for a week that had none.",
        "%(count)d new draft schedules, for weeks that had none.",
        len(drafts),
    )
    return text % {"count": len(drafts)}
