"""The policy as a whole: every sentence of it, and what is compared with what."""

import datetime

import pytest
from pytest_django import DjangoAssertNumQueries

from scheduling.models import Rule, Schedule, ScheduleAssignment
from scheduling.policy import (
    POLICY,
    Finding,
    Planned,
    check,
    check_planned,
    check_stored,
    errors,
)
from tests.factories import (
    MONDAY,
    EmployeeFactory,
    ShiftFactory,
)
from tests.scheduling.policy.cases import CASES, DAY, TUESDAY, Case, World, change

pytestmark = pytest.mark.django_db


def codes(findings: list[Finding]) -> list[str]:
    return [finding.code for finding in findings]


class EverySentenceTests:
    @pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
    def test_is_said(self, case: Case, world: World) -> None:
        case.prepare(world)
        planned = world.planned(getattr(world, case.shift), case.date, schedule=world.week)

        (finding,) = check([planned])
        assert (finding.code, finding.message, finding.severity) == (case.code, case.message, case.severity)
        assert (finding.assignment, finding.other) == (planned, None)
        assert finding.field in {"schedule", "employee", "shift", "date"}

    @pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
    def test_what_is_declined_or_cancelled_does_not_count(self, case: Case, world: World) -> None:
        case.prepare(world)
        schedule_says_so = case.code in ("editable_schedule", "within_the_week")
        for status in ("declined", "cancelled"):
            planned = world.planned(getattr(world, case.shift), case.date, schedule=world.week, status=status)
            assert codes(check([planned])) == ([case.code] if schedule_says_so else [])

    def test_has_a_case_or_a_test_for_every_function(self) -> None:
        # Duplicates need no rule and no other row than their own: see below.
        assert {part.__name__ for part in POLICY} == {case.code for case in CASES} | {"no_duplicates"}

    def test_is_not_said_without_a_reason(self, world: World) -> None:
        assert check([world.planned(world.early, TUESDAY)]) == []


class StoredTests:
    """Whole schedules as they are stored: less is read, and the same is found."""

    @pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
    def test_finds_what_a_check_of_the_same_rows_finds(self, case: Case, world: World) -> None:
        case.prepare(world)
        world.planned(getattr(world, case.shift), case.date, schedule=world.week).save()
        rows = [
            Planned(position, *row)
            for position, row in enumerate(
                world.week.assignments.current()
                .order_by("pk")
                .values_list("pk", "employee", "shift", "date", "schedule", "status")
            )
        ]

        found = check_stored(rows)

        assert found == check_planned(rows, may_edit_published=True)
        assert case.code in codes(found) or case.code == "editable_schedule"
        assert case.code not in codes(check_stored(rows, but={case.code}))

    def test_of_nothing_there_is_nothing_to_find(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        with django_assert_num_queries(0):
            assert check_stored([]) == []

    def test_reads_no_row_again(self, world: World, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        one = world.stored(world.early, TUESDAY)
        row = Planned(0, one.pk, one.employee_id, one.shift_id, one.date, one.schedule_id, one.status)

        # The rules, the person, what else the person has, the shift, the week, the staff.
        with django_assert_num_queries(6):
            check_stored([row])


class StrictTests:
    """A rule that is strict makes an error of what is a warning otherwise."""

    @pytest.mark.parametrize("case", [case for case in CASES if "House rule" in case.message], ids=lambda c: c.name)
    @pytest.mark.parametrize("strict", [True, False])
    def test_decides(self, case: Case, strict: bool, world: World) -> None:
        case.prepare(world)
        Rule.objects.update(strict=strict)
        (finding,) = check([world.planned(getattr(world, case.shift), case.date)])
        assert finding.severity == ("error" if strict else "warning")


class ComparisonTests:
    def test_the_later_of_two_is_told_of_the_earlier(self, world: World) -> None:
        long = ShiftFactory(name="Long", start_time=datetime.time(8), end_time=datetime.time(20), required_staff=0)
        late, day = world.planned(world.late, TUESDAY), world.planned(long, TUESDAY, department=world.bar)
        (finding,) = check([late, day])
        assert (finding.assignment, finding.other) == (day, late)
        assert finding.message == "Amy Adams works Late (14:00–22:00) on 2026-12-01 in Kitchen at the same time."
        (finding,) = check([day, late])
        assert (finding.assignment, finding.other) == (late, day)

    def test_one_shift_over_several_overlaps_each_of_them(self, world: World) -> None:
        whole = ShiftFactory(name="Whole", start_time=datetime.time(0), end_time=datetime.time(23), required_staff=0)
        for shift in (world.early, world.late):
            world.stored(shift, TUESDAY)
        findings = check([world.planned(whole, TUESDAY)])
        assert codes(findings) == ["no_overlapping_shifts"] * 2

    def test_what_ends_when_the_other_starts_does_not_overlap(self, world: World) -> None:
        world.stored(world.early, TUESDAY)
        assert codes(errors(check([world.planned(world.late, TUESDAY)]))) == []

    def test_two_stored_ones_are_no_business_of_a_third(self, world: World) -> None:
        long = ShiftFactory(start_time=datetime.time(8), end_time=datetime.time(20), required_staff=0)
        world.stored(world.early, TUESDAY)
        world.stored(long, TUESDAY)
        assert check([world.planned(world.early, TUESDAY + 2 * DAY)]) == []

    def test_others_may_work_at_the_same_time(self, world: World) -> None:
        world.stored(world.early, TUESDAY, employee=EmployeeFactory(department=world.kitchen))
        assert check([world.planned(world.early, TUESDAY)]) == []

    def test_findings_come_in_the_order_of_the_assignments(self, world: World) -> None:
        change(world.early, required_staff=3, active=False)
        planned = [world.planned(world.early, MONDAY + number * DAY) for number in (2, 0, 1)]
        findings = check(planned)
        assert [planned.index(finding.assignment) for finding in findings] == [0, 0, 1, 1, 2, 2]
        assert codes(findings) == ["active_shift", "enough_staff"] * 3


class ChangedTests:
    """A changed row counts as it will be, not as it is stored."""

    def test_as_it_is_stored_nothing_is_wrong_with_it(self, world: World) -> None:
        stored = world.stored(world.early, TUESDAY)
        assert check([stored]) == []

    def test_moved_away_it_is_out_of_the_way(self, world: World) -> None:
        stored = world.stored(world.early, TUESDAY)
        stored.date += 2 * DAY
        long = ShiftFactory(start_time=datetime.time(8), end_time=datetime.time(20), required_staff=0)
        assert check([stored, world.planned(long, TUESDAY)]) == []

    def test_moved_here_it_is_in_the_way(self, world: World) -> None:
        stored = world.stored(world.early, TUESDAY + 2 * DAY)
        stored.date = TUESDAY
        long = ShiftFactory(start_time=datetime.time(8), end_time=datetime.time(20), required_staff=0)
        assert codes(check([world.planned(long, TUESDAY), stored])) == ["no_overlapping_shifts"]

    def test_deleted_it_is_out_of_the_way(self, world: World) -> None:
        stored = world.stored(world.early, TUESDAY)
        assert check([world.planned(world.early, TUESDAY)], deleted=[stored]) == []

    def test_given_to_somebody_else(self, world: World) -> None:
        bob = EmployeeFactory(first_name="Bob", last_name="Brown", department=world.kitchen, is_active=False)
        stored = world.stored(world.early, TUESDAY)
        stored.employee = bob
        assert [finding.message for finding in check([stored])] == ["Bob Brown is not active."]

    @pytest.mark.parametrize("change_it", ["leave", "decline", "delete"])
    def test_leaving_a_shift_short_of_staff_is_told(self, change_it: str, world: World) -> None:
        change(world.early, required_staff=1)
        stored = world.stored(world.early, TUESDAY)
        if change_it == "delete":
            findings = check([], deleted=[stored])
        else:
            if change_it == "leave":
                stored.shift = world.late
            else:
                stored.status = "declined"
            findings = check([stored])
        (finding,) = findings
        assert finding.message == (
            "Without Amy Adams, Early (06:00–14:00) on 2026-12-01 in Kitchen has 0 of 1 required people."
        )
        assert (finding.severity, finding.assignment) == ("warning", stored)

    def test_the_one_who_leaves_is_named_and_not_the_one_who_takes_over(self, world: World) -> None:
        change(world.early, required_staff=1)
        stored = world.stored(world.early, TUESDAY)
        stored.employee, stored.shift = EmployeeFactory(department=world.kitchen), world.late
        assert [finding.message for finding in check([stored])] == [
            "Without Amy Adams, Early (06:00–14:00) on 2026-12-01 in Kitchen has 0 of 1 required people."
        ]

    def test_replacing_somebody_leaves_the_staff_as_it_is(self, world: World) -> None:
        change(world.early, required_staff=1, max_staff=1)
        stored = world.stored(world.early, TUESDAY, employee=EmployeeFactory(department=world.kitchen))
        assert check([world.planned(world.early, TUESDAY)], deleted=[stored]) == []


class UnsavedScheduleTests:
    """A new schedule and its assignments come in one form."""

    def test_is_known_by_its_instance(self, world: World) -> None:
        schedule = Schedule(department=world.bar, week_start=MONDAY, week_end=MONDAY + 6 * DAY)
        inside = ScheduleAssignment(schedule=schedule, employee=world.amy, shift=world.early, date=TUESDAY)
        outside = ScheduleAssignment(schedule=schedule, employee=world.amy, shift=world.early, date=MONDAY + 7 * DAY)
        assert [(finding.code, finding.assignment) for finding in check([inside, outside])] == [
            ("within_the_week", outside)
        ]

    def test_an_incomplete_one_is_left_to_its_form(self, world: World) -> None:
        assignment = ScheduleAssignment(schedule=Schedule(), employee=world.amy, shift=world.early, date=TUESDAY)
        assert check([assignment, ScheduleAssignment()]) == []
