"""The policy as a whole: every sentence of it, and what is compared with what."""

import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from scheduling.models import Employee, Rule, Schedule, ScheduleAssignment
from scheduling.policy import (
    POLICY,
    Finding,
    Planned,
    Severity,
    as_validation_error,
    check,
    check_planned,
    check_stored,
    errors,
    warnings,
)
from tests.factories import (
    MONDAY,
    DepartmentFactory,
    EmployeeFactory,
    RuleFactory,
    ScheduleFactory,
    ShiftFactory,
    SkillFactory,
)
from tests.scheduling.policy.cases import CASES, DAY, TUESDAY, Case, World, change, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


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


class NoDuplicatesTests:
    def test_a_stored_one_is_named(self, world: World) -> None:
        world.stored(world.early, TUESDAY, department=world.bar)
        (finding,) = check([world.planned(world.early, TUESDAY)])
        assert finding.message == "Amy Adams has Early (06:00–14:00) on 2026-12-01 in Bar already."
        assert (finding.code, finding.severity, finding.other) == ("no_duplicates", "error", None)

    def test_a_declined_one_is_in_the_way_too(self, world: World) -> None:
        world.stored(world.early, TUESDAY, status="declined")
        (finding,) = check([world.planned(world.early, TUESDAY)])
        assert finding.message == (
            "Amy Adams has Early (06:00–14:00) on 2026-12-01 in Kitchen already, declined: change that one."
        )

    def test_two_that_are_given_together(self, world: World) -> None:
        first, second = world.planned(world.early, TUESDAY), world.planned(world.early, TUESDAY)
        (finding,) = check([first, second])
        assert (finding.code, finding.assignment, finding.other) == ("no_duplicates", second, first)


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
            "Without Amy Adams Early (06:00–14:00) on 2026-12-01 in Kitchen has 0 of 1 people required."
        )
        assert (finding.severity, finding.assignment) == ("warning", stored)

    def test_the_one_who_leaves_is_named_and_not_the_one_who_takes_over(self, world: World) -> None:
        change(world.early, required_staff=1)
        stored = world.stored(world.early, TUESDAY)
        stored.employee, stored.shift = EmployeeFactory(department=world.kitchen), world.late
        assert [finding.message for finding in check([stored])] == [
            "Without Amy Adams Early (06:00–14:00) on 2026-12-01 in Kitchen has 0 of 1 people required."
        ]

    def test_replacing_somebody_leaves_the_staff_as_it_is(self, world: World) -> None:
        change(world.early, required_staff=1, max_staff=1)
        stored = world.stored(world.early, TUESDAY, employee=EmployeeFactory(department=world.kitchen))
        assert check([world.planned(world.early, TUESDAY)], deleted=[stored]) == []


class EditableScheduleTests:
    def test_what_stays_as_it_is_in_a_published_schedule_is_no_edit(self, world: World) -> None:
        stored = world.stored(world.early, TUESDAY)
        change(world.week, status="published")
        assert check([stored]) == []

    @pytest.mark.parametrize("edit", [{"notes": "new"}, {"priority": 9}, {"status": "confirmed"}, {"date": MONDAY}])
    def test_every_field_counts(self, edit: dict[str, Any], world: World) -> None:
        stored = world.stored(world.early, TUESDAY)
        change(world.week, status="published")
        for name, value in edit.items():
            setattr(stored, name, value)
        assert codes(check([stored])) == ["editable_schedule"]

    def test_it_is_neither_left_nor_entered(self, world: World) -> None:
        stored = world.stored(world.early, TUESDAY)
        change(world.week, status="published")
        stored.schedule = ScheduleFactory(department=world.kitchen, week_start=MONDAY, version=2)
        assert codes(check([stored])) == ["editable_schedule"]
        assert codes(check([], deleted=[stored])) == ["editable_schedule"]
        assert codes(check([world.planned(world.early, MONDAY, schedule=world.week)])) == ["editable_schedule"]

    def test_those_who_may_are_not_told(self, world: World) -> None:
        change(world.week, status="published")
        assert check([world.planned(world.early, TUESDAY)], may_edit_published=True) == []


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


class DeletedMeanwhileTests:
    def test_what_refers_to_nothing_is_left_to_the_database(self, world: World) -> None:
        planned = world.planned(world.early, TUESDAY)
        Employee.objects.filter(pk=world.amy.pk).delete()
        assert check([planned]) == []


class RulesTests:
    """Which rule decides: the nearest to the person, and then the one with the highest priority."""

    def rest(self, hours: float, **more: Any) -> None:
        RuleFactory(kind="rest_period", parameters={"min_hours": hours}, **more)

    def told(self, world: World) -> list[tuple[str, str]]:
        findings = check([world.planned(world.early, TUESDAY)])
        return [(finding.severity.value, finding.message.rpartition(": ")[2]) for finding in findings]

    @pytest.fixture(autouse=True)
    def _yesterday(self, world: World) -> None:
        """Eight hours lie between the late shift of yesterday and the early one of today."""
        world.stored(world.late, MONDAY)

    def test_a_rule_replaces_the_default(self, world: World) -> None:
        self.rest(8)
        assert self.told(world) == []

    def test_a_person_comes_before_the_department_and_that_before_everybody(self, world: World) -> None:
        self.rest(20, name="all")
        assert self.told(world) == [("warning", "20 h at least (all).")]
        self.rest(15, name="kitchen", department=world.kitchen)
        assert self.told(world) == [("warning", "15 h at least (kitchen).")]
        self.rest(8, name="amy", employee=world.amy)
        assert self.told(world) == []

    def test_a_department_includes_those_below_it(self, world: World) -> None:
        operations, sales = DepartmentFactory(), DepartmentFactory()
        change(world.kitchen, parent=operations)
        self.rest(12, name="sales", department=sales)
        self.rest(15, name="operations", department=operations)
        assert self.told(world) == [("warning", "15 h at least (operations).")]

    def test_the_higher_priority_comes_first(self, world: World) -> None:
        self.rest(12, name="low", priority=2)
        self.rest(15, name="high", priority=8)
        assert self.told(world) == [("warning", "15 h at least (high).")]

    def test_a_strict_one_and_an_advisory_one_apply_together(self, world: World) -> None:
        self.rest(12, name="advice")
        self.rest(7, name="law", strict=True)
        assert self.told(world) == [("warning", "12 h at least (advice).")]
        self.rest(9, name="our law", strict=True, department=world.kitchen)
        assert self.told(world) == [("error", "9 h at least (our law).")]

    def test_one_of_others_does_not_apply(self, world: World) -> None:
        self.rest(20, employee=EmployeeFactory(department=world.kitchen))
        self.rest(20, department=world.bar)
        assert self.told(world) == [("warning", "10 h at least.")]

    def test_one_that_is_not_in_effect_or_not_active_does_not_apply(self, world: World) -> None:
        self.rest(20, effective_from=TUESDAY + DAY)
        self.rest(20, effective_until=MONDAY)
        self.rest(20, active=False)
        assert self.told(world) == [("warning", "10 h at least.")]

    def test_one_with_wrong_parameters_is_left_out_and_logged(
        self, world: World, caplog: pytest.LogCaptureFixture
    ) -> None:
        RuleFactory(name="Broken", kind="rest_period", parameters={"hours": 20})
        assert self.told(world) == [("warning", "10 h at least.")]
        assert "The rule 'Broken' is left out" in caplog.text


class CostTests:
    def queries(self, planned: list[ScheduleAssignment], deleted: list[ScheduleAssignment] | None = None) -> int:
        with CaptureQueriesContext(connection) as captured:
            check(planned, deleted=deleted or ())
        return len(captured)

    def test_nothing_costs_nothing(self, world: World) -> None:
        assert self.queries([]) == 0

    def test_is_the_same_for_many_as_for_few_and_at_most_10(self, world: World) -> None:
        """With everything that costs a query of its own: rules, skills, changes, deletions, rows of other weeks."""
        skill = SkillFactory()
        world.early.required_skills.add(skill)
        RuleFactory(department=world.kitchen)
        RuleFactory(kind="qualification", parameters={"skills": [skill.name]})

        def some(people: int) -> tuple[list[ScheduleAssignment], list[ScheduleAssignment]]:
            planned, deleted = [], []
            for employee in EmployeeFactory.create_batch(people, department=world.kitchen):
                for week in range(3):
                    other = world.stored(world.night, MONDAY + 7 * week * DAY, employee=employee, department=world.bar)
                    change(other, notes="")
                    planned.append(world.planned(world.early, TUESDAY + 7 * week * DAY, employee=employee))
                changed = world.stored(world.late, MONDAY + 3 * DAY, employee=employee)
                changed.shift = world.early
                planned.append(changed)
                deleted.append(world.stored(world.late, MONDAY + 5 * DAY, employee=employee))
            return planned, deleted

        few, many = some(2), some(40)
        assert self.queries(*few) == self.queries(*many) <= 10

    def test_weeks_apart_are_one_query_too(self, world: World) -> None:
        near = [world.planned(world.early, MONDAY + week * 7 * DAY) for week in range(2)]
        far = [world.planned(world.early, MONDAY + week * 70 * DAY) for week in range(20)]
        assert self.queries(far) == self.queries(near)

    def test_weeks_apart_are_compared_with_their_own_neighbours(self, world: World) -> None:
        people = EmployeeFactory.create_batch(30, department=world.kitchen, max_hours_per_week=168)
        dates = [MONDAY + number * 11 * DAY for number in range(len(people))]
        for employee, date in zip(people, dates, strict=True):
            world.stored(world.late, date - DAY, employee=employee)
            world.stored(world.early, date + DAY, employee=employee)
        planned = [world.planned(world.early, date, employee=one) for one, date in zip(people, dates, strict=True)]
        assert codes(check(planned)) == ["enough_rest"] * len(people)


class AsValidationErrorTests:
    def finding(self, field: str, severity: Severity = Severity.ERROR) -> Finding:
        return Finding(severity=severity, code="code", assignment=None, message=f"About {field}.", field=field)

    def test_warnings_alone_are_no_error(self) -> None:
        assert as_validation_error([self.finding("date", Severity.WARNING)]) is None
        assert len(warnings([self.finding("date", Severity.WARNING)])) == 1

    def test_each_is_said_beside_its_field(self) -> None:
        error = as_validation_error([self.finding("date"), self.finding("shift")])
        assert error is not None
        assert error.message_dict == {"date": ["About date."], "shift": ["About shift."]}
        assert error.error_dict["date"][0].code == "code"

    def test_a_field_that_a_form_lacks_is_said_of_the_form(self) -> None:
        error = as_validation_error([self.finding("date"), self.finding("schedule")], fields={"date"})
        assert error is not None
        assert error.message_dict == {"date": ["About date."], "__all__": ["About schedule."]}
