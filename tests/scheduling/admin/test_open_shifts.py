"""An open shift is the same on the first page, in the list of schedules and its filter, in the week and in a step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduling.admin.plan.days import week_of
from scheduling.admin.plan.staffing import coverage_by_schedule
from scheduling.admin.plan.week_table import WeekTable
from scheduling.attention import compute_findings, compute_states
from scheduling.models import Schedule, ScheduleAssignment
from scheduling.statuses import NOT_COUNTING
from scheduling.workflow.steps import STEPS, propose
from tests.factories import EmployeeFactory, ScheduleFactory, ShiftFactory
from tests.scheduling.admin.pages import act, this_monday, url
from tests.scheduling.policy.cases import DAY, MONDAY

pytestmark = pytest.mark.django_db

Row = tuple[int, int, int, str]
"""A shift, a day, an employee, a status."""

ROWS = st.lists(
    st.tuples(
        st.integers(0, 2), st.integers(0, 2), st.integers(0, 3), st.sampled_from(ScheduleAssignment.Status.values)
    ),
    max_size=14,
    unique_by=lambda row: row[:3],
)


@contextmanager
def undone() -> Iterator[None]:
    """Take back everything in the block, so that the next example begins with an empty database."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def stored(rows: list[Row], required: list[int], replaced: bool, monday: object = MONDAY) -> Schedule:
    """Store a plan, with a replaced version of the same rows if asked for; return its newest version."""
    schedule = ScheduleFactory(week_start=monday, version=2)
    shifts = [ShiftFactory(required_staff=number) for number in required]
    people = EmployeeFactory.create_batch(4, department=schedule.department)
    versions = [schedule]
    if replaced:
        versions.append(
            ScheduleFactory(department=schedule.department, week_start=monday, version=1, status="published")
        )
    ScheduleAssignment.objects.bulk_create(
        ScheduleAssignment(
            schedule=version,
            shift=shifts[shift],
            date=version.week_start + day * DAY,
            employee=people[person],
            status=status,
            superseded=version is not schedule,
        )
        for version in versions
        for shift, day, person, status in rows
    )
    return schedule


def open_in(rows: list[Row], required: list[int]) -> int:
    """Count the open shifts of a plan by the words of the definition."""
    people: Counter[tuple[int, int]] = Counter()
    for shift, day, _person, status in rows:
        people[shift, day] += status not in NOT_COUNTING
    return sum(found < required[shift] for (shift, _day), found in people.items())


def words_of(page: str) -> str:
    """Return the text of a page with one blank between two words."""
    return " ".join(page.split())


def warnings_of(step: str, schedule: Schedule) -> int:
    """Count the open shifts among the warnings of a step."""
    schedule.status = next(iter(STEPS[step].before))
    return sum("required people" in text for text in propose(STEPS[step], [schedule]).warnings)


class EveryPlaceTests:
    @settings(max_examples=40)
    @given(ROWS, st.lists(st.integers(0, 3), min_size=3, max_size=3), st.booleans())
    def test_counts_the_same(self, rows: list[Row], required: list[int], replaced: bool) -> None:
        with undone():
            schedule = stored(rows, required, replaced)
            assigned = ScheduleAssignment.objects.filter(schedule=schedule).select_related("employee", "shift")
            state = next(state for state in compute_states(MONDAY, 1) if state.id == schedule.pk)
            in_list = coverage_by_schedule([schedule]).get(schedule.pk)

            found = {
                "index": state.open_shifts,
                "list": in_list.open_shifts if in_list else 0,
                "week": WeekTable(week_of(schedule), assigned).open_shifts,
                "page": compute_findings(schedule.pk).all_open_shifts,
                **{step: warnings_of(step, schedule) for step in ("submit", "approve", "publish")},
            }

            expected = open_in(rows, required)
            assert found == dict.fromkeys(found, expected)
            # The replaced version, which has the same rows, is never found.
            assert list(Schedule.objects.staffed("under")) == ([schedule] if expected else [])
            assert not any(other.open_shifts for other in compute_states(MONDAY, 1) if other.id != schedule.pk)


class PagesTests:
    def test_show_the_same(self, manager: Client) -> None:
        """Three shifts are open: one lacks somebody, the people of one have declined, those of one are cancelled."""
        rows = [(0, 0, 0, "assigned"), (1, 1, 1, "declined"), (2, 2, 2, "cancelled"), (1, 0, 3, "confirmed")]
        schedule = stored(rows, [2, 1, 1], replaced=False, monday=this_monday())

        first = words_of(manager.get("/admin/").text)
        shown = manager.get(url("changelist", model=Schedule), {"staffing": "under"}).text
        page = words_of(manager.get(url("change", schedule)).text)
        step = act(manager, "submit", [schedule], Schedule)

        assert '<span class="attention-count">3</span> <span>open shifts this week</span>' in first
        assert '<td class="field-open_shifts">3</td>' in shown
        assert '<p class="plan-open">3 open shifts</p>' in page
        assert "Found in this plan: 0 errors, 0 warnings, 3 open shifts </summary>" in page
        assert len(step.context["proposal"].warnings) == 3
