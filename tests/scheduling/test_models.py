import datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models
from django.db.models import ProtectedError, Value
from pytest_django import DjangoAssertNumQueries

from scheduling.models import (
    Department,
    Employee,
    Notification,
    Rule,
    Schedule,
    ScheduleAssignment,
    Shift,
    ShiftType,
    Skill,
)
from tests.factories import (
    MONDAY,
    DepartmentFactory,
    EmployeeFactory,
    NotificationFactory,
    RuleFactory,
    ScheduleAssignmentFactory,
    ScheduleFactory,
    ShiftFactory,
    ShiftTypeFactory,
    SkillFactory,
)

pytestmark = pytest.mark.django_db

MODELS = (Department, Employee, Notification, Rule, Schedule, ScheduleAssignment, Shift, ShiftType, Skill)
FACTORIES = (
    DepartmentFactory,
    EmployeeFactory,
    NotificationFactory,
    RuleFactory,
    ScheduleAssignmentFactory,
    ScheduleFactory,
    ShiftFactory,
    ShiftTypeFactory,
    SkillFactory,
)


def line_of(length: int) -> Department:
    """Create departments nested in a line and return the deepest."""
    department = None
    for _ in range(length):
        department = DepartmentFactory(parent=department)
    assert department is not None
    return department


def refusal(instance: models.Model) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as caught:
        instance.full_clean()
    return caught.value.message_dict


class EveryModelTests:
    @pytest.mark.parametrize("model", MODELS)
    def test_has_an_integer_key_and_the_default_table(self, model: type[models.Model]) -> None:
        assert isinstance(model._meta.pk, models.BigAutoField)
        assert model._meta.pk.name == "id"
        assert model._meta.db_table == f"scheduling_{model.__name__.lower()}"

    @pytest.mark.parametrize("model", MODELS)
    def test_the_default_manager_neither_filters_nor_joins(self, model: type[models.Model]) -> None:
        query = model._default_manager.all().query

        assert not query.where
        assert not query.select_related
        assert str(query).count("JOIN") == 0

    @pytest.mark.parametrize("factory", FACTORIES)
    def test_what_the_factory_makes_is_valid_and_has_a_name(self, factory: type) -> None:
        instance = factory()

        instance.full_clean()
        assert str(instance)


class DepartmentTests:
    def test_complete_name_walks_up(self) -> None:
        operations = DepartmentFactory(name="Operations")
        kitchen = DepartmentFactory(name="Kitchen", parent=operations)

        assert DepartmentFactory(name="Pastry", parent=kitchen).complete_name == "Operations / Kitchen / Pastry"

    def test_complete_name_ends_on_a_stored_cycle(self) -> None:
        below = line_of(2)
        Department.objects.filter(pk=below.parent_id).update(parent=below, name="Top")

        assert Department.objects.get(pk=below.pk).complete_name == f"Top / {below.name}"

    def test_a_cycle_is_refused(self) -> None:
        below = line_of(3)
        top = Department.objects.get(parent=None)
        top.parent = below

        assert refusal(top) == {"parent": [f"{below} is below {top} already."]}

    def test_its_own_parent_is_refused_also_by_the_database(self) -> None:
        department = DepartmentFactory()

        with pytest.raises(IntegrityError):
            Department.objects.filter(pk=department.pk).update(parent=department)

    def test_ten_levels_are_fine_and_eleven_are_not(self) -> None:
        ninth = line_of(9)
        tenth = DepartmentFactory(parent=ninth)
        tenth.full_clean()

        assert refusal(DepartmentFactory.build(parent=tenth)) == {
            "parent": ["Departments nest at most 10 levels deep."]
        }

    def test_moving_a_branch_counts_the_levels_below_it(self) -> None:
        line_of(8)
        branch = Department.objects.get(parent=None)
        branch.parent = line_of(3)

        assert refusal(branch) == {"parent": ["Departments nest at most 10 levels deep."]}

    def test_deactivating_is_refused_with_the_number_of_people(self) -> None:
        department = DepartmentFactory(name="Pastry", code="PAS")
        EmployeeFactory.create_batch(2, department=department)
        EmployeeFactory(department=department, is_active=False)
        department.active = False

        assert refusal(department) == {
            "active": ["Pastry (PAS) still has 2 active employees: move or archive them first."]
        }

    def test_an_inactive_one_can_still_be_edited(self) -> None:
        department = DepartmentFactory(active=False)
        EmployeeFactory(department=department)
        department.description = "Closed in spring"

        department.full_clean()

    def test_names_are_unique_within_the_parent(self) -> None:
        parent = DepartmentFactory()
        DepartmentFactory(parent=parent, name="Kitchen")
        DepartmentFactory(name="Kitchen")

        with pytest.raises(IntegrityError):
            DepartmentFactory(parent=parent, name="Kitchen")

    def test_a_second_root_of_the_same_name_is_refused_by_clean(self) -> None:
        DepartmentFactory(name="Operations")

        assert refusal(DepartmentFactory.build(name="Operations")) == {
            "name": ["There is already a top-level department with this name."]
        }

    def test_a_parent_with_children_is_protected(self) -> None:
        child = line_of(2)

        with pytest.raises(ProtectedError):
            child.parent.delete()

    def test_losing_its_manager_keeps_it(self) -> None:
        manager = EmployeeFactory()
        department = DepartmentFactory(manager=manager)

        manager.delete()

        department.refresh_from_db()
        assert department.manager is None


class EmployeeTests:
    def test_needs_five_fields(self) -> None:
        employee = Employee.objects.create(
            employee_number="1", email="a@x.com", first_name="A", last_name="B", department=DepartmentFactory()
        )

        assert (employee.max_hours_per_week, employee.is_active, employee.employment_type) == (40, True, "full_time")

    def test_the_same_address_in_another_case_is_refused(self) -> None:
        EmployeeFactory(email="amy@example.com")

        with pytest.raises(IntegrityError):
            EmployeeFactory(email="AMY@example.com")

    def test_the_database_refuses_upper_case(self) -> None:
        EmployeeFactory()

        with pytest.raises(IntegrityError):
            Employee.objects.update(email=Value("AMY@example.com", output_field=models.CharField()))

    @pytest.mark.parametrize(
        ("field", "value"),
        [("max_hours_per_week", 0), ("max_hours_per_week", 169), ("hourly_rate", -1), ("end_date", "2025-12-31")],
    )
    def test_the_database_refuses(self, field: str, value: object) -> None:
        with pytest.raises(IntegrityError):
            EmployeeFactory(hire_date="2026-01-01", **{field: value})

    def test_save_does_not_validate(self) -> None:
        EmployeeFactory(email="not an address", role="x" * 50).save()

    def test_its_department_is_protected(self) -> None:
        employee = EmployeeFactory()

        with pytest.raises(ProtectedError):
            employee.department.delete()

    def test_is_really_deleted_with_its_assignments(self) -> None:
        assignment = ScheduleAssignmentFactory()

        assignment.employee.delete()

        assert not ScheduleAssignment.objects.exists()


class ShiftTests:
    @pytest.mark.parametrize(
        ("start", "end", "overnight", "hours"),
        [("06:00", "14:30", False, 8.5), ("22:00", "06:00", True, 8), ("12:00", "00:00", True, 12)],
    )
    def test_lasts_from_start_to_end(self, start: str, end: str, overnight: bool, hours: float) -> None:
        shift = Shift(start_time=datetime.time.fromisoformat(start), end_time=datetime.time.fromisoformat(end))

        assert shift.is_overnight is overnight
        assert shift.duration == datetime.timedelta(hours=hours)

    def test_equal_times_are_refused(self) -> None:
        shift = ShiftFactory.build(shift_type=ShiftTypeFactory(), end_time=datetime.time(6))

        assert refusal(shift) == {"__all__": ["The shift ends at the minute it starts."]}
        with pytest.raises(IntegrityError):
            shift.save()

    def test_a_break_as_long_as_the_shift_is_refused(self) -> None:
        shift = ShiftFactory(break_minutes=480)

        assert refusal(shift) == {"break_minutes": ["The break is as long as the shift."]}

    def test_at_most_fewer_than_required_is_refused(self) -> None:
        with pytest.raises(IntegrityError):
            ShiftFactory(required_staff=3, max_staff=2)


class ScheduleTests:
    @pytest.mark.parametrize("monday", [MONDAY, "2026-11-30"])
    def test_save_fills_in_the_sunday(self, monday: object) -> None:
        schedule = ScheduleFactory(week_start=monday)

        assert Schedule.objects.get().week_end == schedule.week_end == datetime.date(2026, 12, 6)

    def test_clean_fills_in_the_sunday(self) -> None:
        schedule = Schedule(department=DepartmentFactory(), week_start=MONDAY)

        schedule.full_clean()

        assert schedule.week_end == datetime.date(2026, 12, 6)

    def test_other_weekdays_are_refused(self) -> None:
        schedule = ScheduleFactory(week_start=datetime.date(2026, 12, 1))

        assert refusal(schedule) == {"week_start": ["2026-12-01 is not a Monday."]}

    def test_other_lengths_are_refused(self) -> None:
        schedule = ScheduleFactory(week_end=MONDAY + datetime.timedelta(days=7))

        assert refusal(schedule) == {"week_end": ["The week ends on the Sunday after its Monday."]}

    def test_a_version_is_unique(self) -> None:
        schedule = ScheduleFactory()
        ScheduleFactory(department=schedule.department, version=2)

        with pytest.raises(IntegrityError):
            ScheduleFactory(department=schedule.department)


class ScheduleAssignmentTests:
    def test_is_unique_by_employee_shift_and_date(self) -> None:
        assignment = ScheduleAssignmentFactory()

        with pytest.raises(IntegrityError):
            ScheduleAssignmentFactory(employee=assignment.employee, shift=assignment.shift, date=assignment.date)

    def test_a_date_outside_the_week_is_refused(self) -> None:
        assignment = ScheduleAssignmentFactory(date=MONDAY - datetime.timedelta(days=1), employee__last_name="Adams")

        assert refusal(assignment) == {
            "date": ["Amy Adams: 2026-11-29 is outside the schedule's week, 2026-11-30 to 2026-12-06."]
        }

    def test_full_clean_asks_the_policy(self) -> None:
        night = ShiftFactory(name="Night", start_time=datetime.time(22), end_time=datetime.time(6))
        stored = ScheduleAssignmentFactory(shift=night, employee__last_name="Adams", schedule__department__name="Bar")
        early = ScheduleAssignmentFactory.build(
            employee=stored.employee,
            schedule=stored.schedule,
            shift=ShiftFactory(start_time=datetime.time(5), end_time=datetime.time(13)),
            date=MONDAY + datetime.timedelta(days=1),
        )

        assert refusal(early) == {
            "shift": ["Amy Adams works Night (22:00–06:00) on 2026-11-30 in Bar at the same time."]
        }
        early.checked_elsewhere = True
        early.full_clean()

    def test_a_duplicate_is_told_once(self) -> None:
        stored = ScheduleAssignmentFactory(
            shift__name="Early", employee__last_name="Adams", schedule__department__name="Bar"
        )
        again = ScheduleAssignmentFactory.build(
            employee=stored.employee, schedule=stored.schedule, shift=stored.shift, date=stored.date
        )

        assert refusal(again) == {"shift": ["Amy Adams has Early (06:00–14:00) on 2026-11-30 in Bar already."]}

    def test_clean_leaves_what_is_missing_to_the_fields(self) -> None:
        assert set(refusal(ScheduleAssignment())) == {"schedule", "employee", "shift", "date"}

    def test_save_does_not_validate(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        assignment = ScheduleAssignmentFactory.build(
            schedule=ScheduleFactory(), employee=EmployeeFactory(is_active=False), shift=ShiftFactory(active=False)
        )

        with django_assert_num_queries(1):
            assignment.save()

    @pytest.mark.parametrize("priority", [0, 11])
    def test_the_database_refuses_priority(self, priority: int) -> None:
        with pytest.raises(IntegrityError):
            ScheduleAssignmentFactory(priority=priority)

    def test_its_text_names_what_is_loaded_and_never_queries(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        assignment = ScheduleAssignmentFactory(shift__name="Night", employee__first_name="Amy", employee__last_name="A")
        bare = ScheduleAssignment.objects.get()

        with django_assert_num_queries(0):
            assert str(assignment) == "Amy A, Night, 2026-11-30"
            assert str(bare) == "2026-11-30"

    def test_going_with_its_schedule(self) -> None:
        ScheduleAssignmentFactory().schedule.delete()

        assert not ScheduleAssignment.objects.exists()
