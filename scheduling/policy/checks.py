"""The policy, and the ways to ask it: with instances, with tuples for thousands of them, and about stored rows."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from django.db import router

from scheduling.models import Rule, Schedule, ScheduleAssignment
from scheduling.policy.availability import as_preferred, available, not_restricted
from scheduling.policy.findings import Breach, Finding, as_validation_error
from scheduling.policy.hours import (
    days_in_a_row,
    enough_rest,
    hours_per_day,
    hours_per_week,
    no_overlapping_shifts,
    shifts_per_week,
)
from scheduling.policy.loading import DETAILS, read, read_stored
from scheduling.policy.people import active_employee, active_shift, employed_on_the_date, required_skills
from scheduling.policy.records import Planned, ScheduleRecord
from scheduling.policy.schedules import (
    active_department,
    editable_schedule,
    no_duplicates,
    shift_of_the_department,
    within_the_week,
)
from scheduling.policy.situation import Situation
from scheduling.policy.staffing import enough_staff, not_over_max_staff

Part = Callable[[Situation], Iterator[Breach]]

POLICY: tuple[Part, ...] = (
    editable_schedule,
    within_the_week,
    active_department,
    active_employee,
    employed_on_the_date,
    active_shift,
    shift_of_the_department,
    required_skills,
    no_duplicates,
    no_overlapping_shifts,
    enough_rest,
    hours_per_day,
    hours_per_week,
    shifts_per_week,
    days_in_a_row,
    available,
    not_restricted,
    as_preferred,
    not_over_max_staff,
    enough_staff,
)


def check(
    planned: Iterable[ScheduleAssignment],
    *,
    deleted: Iterable[ScheduleAssignment] = (),
    may_edit_published: bool = False,
    using: str | None = None,
) -> list[Finding]:
    """Return what the policy finds about these assignments, in their order.

    They may be new, changed and not yet saved, or as stored. They are compared with each other and with the stored
    rows, where a changed or deleted row counts as it will be. Assignments without an employee, a shift, a date or a
    schedule are left out, because their form reports that. `may_edit_published` is for users with that permission.

    Makes at most 10 queries, however many assignments there are, and saves nothing.
    """
    unsaved: dict[int, ScheduleRecord] = {}
    complete = [assignment for assignment in planned if _is_complete(assignment)]
    rows = [_planned(assignment, position, unsaved) for position, assignment in enumerate(complete)]
    gone = [
        _planned(assignment, position, unsaved)
        for position, assignment in enumerate(deleted, len(rows))
        if assignment.pk is not None and _is_complete(assignment)
    ]
    return check_planned(
        rows, deleted=gone, may_edit_published=may_edit_published, using=using, unsaved_schedules=unsaved
    )


def find_duplicates(planned: Iterable[ScheduleAssignment]) -> list[Finding]:
    """Return what the policy says about rows that the constraint of the database refuses."""
    return [finding for finding in check(planned) if finding.code == "no_duplicates"]


def validate(assignment: ScheduleAssignment) -> None:
    """Raise ValidationError with the errors that the policy finds, each beside its field."""
    error = as_validation_error(check([assignment]))
    if error is not None:
        raise error


def check_planned(
    planned: Sequence[Planned],
    *,
    deleted: Sequence[Planned] = (),
    rules: Iterable[Rule] | None = None,
    may_edit_published: bool = False,
    using: str | None = None,
    unsaved_schedules: Mapping[int, ScheduleRecord] | None = None,
    policy: Sequence[Part] | None = None,
) -> list[Finding]:
    """Do what `check` does for assignments given as tuples, in the order of their positions.

    `rules` are the active rules, for a caller that has already read them; without them, the cached read is asked.
    `unsaved_schedules` are the schedules that are not in the database. `policy` are the functions to call; by default
    all of them.
    """
    if not planned and not deleted:
        return []
    using = using or router.db_for_read(ScheduleAssignment)
    rules = Rule.objects.active_rules() if rules is None else rules
    situation = Situation(planned, deleted, read(planned, deleted, rules, unsaved_schedules or {}, using), using)
    asked = POLICY if policy is None else policy
    return _ask([part for part in asked if part is not editable_schedule or not may_edit_published], situation)


def check_stored(rows: Sequence[Planned], *, but: Collection[str] = ()) -> list[Finding]:
    """Return what the policy finds about all current rows of some schedules as they are stored.

    `but` names functions of the policy that are not called. `editable_schedule` never is, because nothing changes.
    """
    if not rows:
        return []
    using = router.db_for_read(ScheduleAssignment)
    situation = Situation(rows, (), read_stored(rows, Rule.objects.active_rules(), using), using)
    asked = [part for part in POLICY if part is not editable_schedule and part.__name__ not in but]
    return _ask(asked, situation)


def _ask(policy: Iterable[Callable[[Situation], Iterator[Breach]]], situation: Situation) -> list[Finding]:
    breaches = [(breach, part.__name__) for part in policy for breach in part(situation)]
    # The sort is stable, so the findings about one assignment stay in the order of the policy.
    breaches.sort(key=lambda found: found[0].assignment.position)
    return [_finding(breach, code) for breach, code in breaches]


def _finding(breach: Breach, code: str) -> Finding:
    return Finding(
        severity=breach.severity,
        code=code,
        assignment=breach.assignment.source,
        message=breach.message,
        field=breach.field,
        other=breach.other.source if breach.other else None,
    )


def _is_complete(assignment: ScheduleAssignment) -> bool:
    if None in (assignment.employee_id, assignment.shift_id) or not isinstance(assignment.date, datetime.date):
        return False
    return assignment.schedule_id is not None or _is_complete_draft(assignment._state.fields_cache.get("schedule"))


def _is_complete_draft(schedule: Schedule | None) -> bool:
    return schedule is not None and None not in (schedule.department_id, schedule.week_start, schedule.week_end)


def _planned(assignment: ScheduleAssignment, position: int, unsaved: dict[int, ScheduleRecord]) -> Planned:
    schedule = assignment.schedule_id
    if schedule is None:
        # The unsaved parent of an inline, which is saved with it. No primary key is negative.
        schedule = -id(assignment.schedule)
        unsaved.setdefault(schedule, _record_of(assignment.schedule))
    return Planned(
        position=position,
        pk=assignment.pk,
        employee=assignment.employee_id,
        shift=assignment.shift_id,
        date=assignment.date,
        schedule=schedule,
        status=assignment.status,
        details=tuple(getattr(assignment, name) for name in DETAILS),
        source=assignment,
    )


def _record_of(schedule: Schedule) -> ScheduleRecord:
    department = schedule.department
    return ScheduleRecord(
        schedule.pk,
        department.pk,
        department.name,
        department.active,
        schedule.week_start,
        schedule.week_end,
        schedule.status,
    )
