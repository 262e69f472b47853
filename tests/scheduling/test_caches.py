"""The fixed reads of this app: what each costs, and which writes it notices."""

import asyncio
import datetime
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from caching import cache_manager
from scheduling import caches
from scheduling.department_tree import DepartmentHierarchy
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

pytestmark = pytest.mark.django_db(transaction=True)
ASYNC = ("email", "emails", "hierarchy", "shift", "types", "schedule", "rules", "rules of a day", "unread")
"""The reads with an async form."""


@pytest.fixture
def kitchen() -> Department:
    operations = DepartmentFactory(name="Operations", code="OPS")
    return DepartmentFactory(name="Kitchen", code="KIT", parent=operations)  # type: ignore[no-any-return]


def hierarchy(department: Department) -> DepartmentHierarchy:
    found = Department.objects.get_with_hierarchy(department.pk)
    assert found is not None
    return found


def queries(read: Callable[[], Any]) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        read()
    return len(captured)


class CostTests:
    """Cold, the least number of queries; warm, none; and the same for the async forms."""

    @pytest.fixture(autouse=True)
    def _rows(self) -> None:
        self.assignment = ScheduleAssignmentFactory()
        self.employee: Employee = self.assignment.employee
        self.other = EmployeeFactory()

        self.rule = RuleFactory()
        self.notification = NotificationFactory(recipient=self.employee)
        SkillFactory()

    def reads(self) -> dict[str, tuple[int, Callable[[], Any], Callable[[], Any] | None]]:
        """Return every fixed read: its queries when cold, the read, and its async form if it has one."""
        email, emails = self.employee.email, [self.employee.email, self.other.email, "eve@example.com"]
        employee, department = self.employee.pk, self.employee.department_id
        shift, schedule = self.assignment.shift, self.assignment.schedule_id
        rule, notification = self.rule.pk, self.notification.pk
        managers: dict[str, tuple[int, Any, str, tuple[Any, ...]]] = {
            "employee": (1, Employee.objects, "get_by_id", (employee,)),
            "email": (1, Employee.objects, "get_by_email", (email,)),
            "emails": (1, Employee.objects, "get_many_by_email", (emails,)),
            "employees": (1, Employee.objects, "list_active", ()),
            "department": (1, Department.objects, "get_by_id", (department,)),
            "departments": (1, Department.objects, "list_active", ()),
            "hierarchy": (2, Department.objects, "get_with_hierarchy", (department,)),
            "shift by id": (1, Shift.objects, "get_by_id", (shift.pk,)),
            "shift": (1, Shift.objects, "get_by_name", (shift.name,)),
            "types": (1, ShiftType.objects, "active", ()),
            "schedule by id": (1, Schedule.objects, "get_by_id", (schedule,)),
            "schedules": (1, Schedule.objects, "of_department", (department,)),
            "schedule": (1, ScheduleAssignment.objects, "for_schedule", (schedule,)),
            "rule": (1, Rule.objects, "get_by_id", (rule,)),
            "rules": (1, Rule.objects, "active_rules", ()),
            "rules of a day": (1, Rule.objects, "active_rules", (MONDAY,)),
            "notification": (1, Notification.objects, "get_by_id", (notification,)),
            "unread": (1, Notification.objects, "unread_for", (employee,)),
            "skills": (1, Skill.objects, "list_all", ()),
        }
        return {
            name: (cost, partial(getattr(manager, read), *given), self.async_form(manager, read, given))
            for name, (cost, manager, read, given) in managers.items()
        }

    def async_form(self, manager: Any, read: str, given: tuple[Any, ...]) -> Callable[[], Any] | None:
        method = getattr(manager, f"a{read}", None)
        return partial(method, *given) if method else None

    @pytest.mark.parametrize(
        "name",
        [
            *("employee", "email", "emails", "employees", "department", "departments", "hierarchy", "shift by id"),
            *("shift", "types", "schedule by id", "schedules", "schedule", "rule", "rules", "rules of a day"),
            *("notification", "unread", "skills"),
        ],
    )
    def test_cold_and_warm(self, name: str, django_assert_num_queries: Any) -> None:
        cost, read, _async_form = self.reads()[name]

        with django_assert_num_queries(cost):
            cold = read()
        with django_assert_num_queries(0):
            assert read() == cold
        assert cold

    @pytest.mark.parametrize("name", ASYNC)
    def test_the_async_form_costs_and_returns_the_same(self, name: str, django_assert_num_queries: Any) -> None:
        cost, read, async_form = self.reads()[name]

        async def awaited() -> Any:
            assert async_form is not None
            return await async_form()

        with django_assert_num_queries(cost):
            cold = async_to_sync(awaited)()
        with django_assert_num_queries(0):
            assert read() == cold
            assert async_to_sync(awaited)() == cold

    def test_only_these_have_an_async_form(self) -> None:
        assert {name for name, (_cost, _read, async_form) in self.reads().items() if async_form} == set(ASYNC)

    def test_a_read_through_a_relation_answers_and_caches_the_same(self) -> None:
        # The rows of a related manager would be those of one department.
        through_a_relation = self.other.department.employees.list_active()

        assert set(through_a_relation) == set(Employee.objects.list_active()) == {self.employee, self.other}

    @pytest.mark.parametrize("name", ["email", "hierarchy", "shift", "types", "schedule"])
    def test_what_is_returned_can_be_changed_by_its_caller_alone(self, name: str) -> None:
        _, read, _ = self.reads()[name]
        for _ in range(3):
            found = read()
            if isinstance(found, list):
                found[0].pk = -1
                found.clear()
                assert read()
            elif isinstance(found, DepartmentHierarchy):
                with pytest.raises(AttributeError):
                    found.name = "changed"  # type: ignore[misc]
            else:
                found.pk = -1
                assert read().pk != -1

    def test_every_time_to_live_and_every_size_of_the_settings_is_that_of_a_read(self) -> None:
        for _, read, _ in self.reads().values():
            read()
        types = cache_manager.get_stats()["types"]
        kinds = [
            (name, kind) for name, told in types.items() for kind in told["kinds"] if told["kinds"][kind]["misses"]
        ]
        used = {f"{name}{link}{kind}" for name, kind in kinds for link in ("_by_", "_")}
        used |= {f"{kind}_{name}s" for name, kind in kinds}
        assert settings.CACHING["TTL"].keys() - used == {"default"}
        assert {name for name, _ in kinds} == settings.CACHING["MAX_SIZE"].keys()
        # The default is that of the kinds that no name in the table means.
        assert types["schedule"]["kinds"]["department"]["ttl"] == settings.CACHING["TTL"]["default"]

    def test_async_reads_at_once(self) -> None:
        async def main() -> list[Any]:
            return await asyncio.gather(*(Employee.objects.aget_by_email(self.employee.email) for _ in range(5)))

        assert async_to_sync(main)() == [self.employee] * 5


class EmployeeByEmailTests:
    def test_finds_any_case(self) -> None:
        employee = EmployeeFactory(email="Amy@Example.com")
        assert Employee.objects.get_by_email(" AMY@example.COM") == employee

    @pytest.mark.parametrize("email", ["", " ", None])
    def test_no_address_is_nobodys(self, email: Any) -> None:
        assert Employee.objects.get_by_email(email) is None
        assert Employee.objects.get_many_by_email([email]) == {}

    def test_many_are_found_by_their_stored_address(self) -> None:
        employee = EmployeeFactory(email="amy@example.com")
        assert Employee.objects.get_many_by_email(["AMY@example.com", "eve@example.com"]) == {
            "amy@example.com": employee
        }

    def test_an_address_that_changes_hands(self) -> None:
        amy, bob = EmployeeFactory(email="amy@example.com"), EmployeeFactory(email="bob@example.com")
        assert Employee.objects.get_by_email("amy@example.com") == amy
        assert Employee.objects.get_by_email("bob@example.com") == bob
        amy.email = "old@example.com"
        amy.save()
        bob.email = "amy@example.com"
        bob.save()
        assert Employee.objects.get_by_email("amy@example.com") == bob
        assert Employee.objects.get_by_email("bob@example.com") is None


class DepartmentHierarchyTests:
    def test_names_what_is_around_it(self, kitchen: Department) -> None:
        pastry = DepartmentFactory(name="Pastry", code="PAS", parent=kitchen)
        DepartmentFactory(name="Bakery", code="BAK", parent=kitchen)
        EmployeeFactory(department=kitchen)
        EmployeeFactory(department=pastry)
        EmployeeFactory(department=pastry, is_active=False)
        assert hierarchy(kitchen) == DepartmentHierarchy(
            id=kitchen.pk,
            name="Kitchen",
            code="KIT",
            complete_name="Operations / Kitchen",
            ancestors=("Operations",),
            children=("Bakery", "Pastry"),
            head_count=1,
            total_head_count=2,
        )
        assert hierarchy(pastry).complete_name == "Operations / Kitchen / Pastry"

    def test_is_none_until_there_is_such_a_department(self, kitchen: Department) -> None:
        assert Department.objects.get_with_hierarchy(kitchen.pk + 1) is None
        new = DepartmentFactory()
        assert new.pk == kitchen.pk + 1
        assert hierarchy(new).name == new.name

    def test_a_key_as_text_is_the_same_key(self, kitchen: Department) -> None:
        found = Department.objects.get_with_hierarchy(str(kitchen.pk))  # type: ignore[arg-type]
        assert found == hierarchy(kitchen)

    def test_a_key_as_text_spoils_nothing_for_others(self, kitchen: Department) -> None:
        Department.objects.get_with_hierarchy(str(kitchen.pk))  # type: ignore[arg-type]
        assert Department.objects.get_with_hierarchy(kitchen.pk) is not None

    def test_a_renamed_parent(self, kitchen: Department) -> None:
        assert hierarchy(kitchen).complete_name == "Operations / Kitchen"
        Department.objects.filter(code="OPS").update(name="Works")
        assert hierarchy(kitchen).complete_name == "Works / Kitchen"

    def test_another_parent(self, kitchen: Department) -> None:
        hierarchy(kitchen)
        kitchen.parent = DepartmentFactory(name="Sales", code="SAL")
        kitchen.save()
        assert hierarchy(kitchen).ancestors == ("Sales",)

    def test_a_child_that_is_renamed_added_and_deleted(self, kitchen: Department) -> None:
        assert hierarchy(kitchen).children == ()
        pastry = DepartmentFactory(name="Pastry", parent=kitchen)
        assert hierarchy(kitchen).children == ("Pastry",)
        pastry.name = "Cakes"
        pastry.save()
        assert hierarchy(kitchen).children == ("Cakes",)
        pastry.delete()
        assert hierarchy(kitchen).children == ()

    def test_head_counts_after_hire_move_deactivation_and_leaving(self, kitchen: Department) -> None:
        operations = kitchen.parent
        assert operations is not None

        def counts() -> tuple[int, int, int, int]:
            above, below = hierarchy(operations), hierarchy(kitchen)
            return above.head_count, above.total_head_count, below.head_count, below.total_head_count

        assert counts() == (0, 0, 0, 0)
        amy = EmployeeFactory(department=kitchen)
        assert counts() == (0, 1, 1, 1)
        amy.department = operations
        amy.save()
        assert counts() == (1, 1, 0, 0)
        Employee.objects.filter(pk=amy.pk).update(department=kitchen)
        assert counts() == (0, 1, 1, 1)
        Employee.objects.filter(email=amy.email).update(is_active=False)
        assert counts() == (0, 0, 0, 0)
        Employee.objects.bulk_update([Employee(pk=amy.pk, is_active=True)], ["is_active"])
        assert counts() == (0, 1, 1, 1)
        Employee.objects.all().delete()
        assert counts() == (0, 0, 0, 0)

    def test_stored_rows_that_form_a_cycle_end(self, kitchen: Department) -> None:
        Department.objects.filter(code="OPS").update(parent=kitchen)
        EmployeeFactory(department=kitchen)
        found = hierarchy(kitchen)
        assert found.ancestors == ("Operations",)
        assert found.total_head_count == 1

    def test_is_the_same_from_bytes(self, kitchen: Department) -> None:
        from caching.values.encoding import decode, encode
        from caching.values.freezing import freeze, thaw

        found = hierarchy(kitchen)
        declared = caches.DEPARTMENT.dataclasses
        assert thaw(decode(encode(freeze(found, declared).value), declared)) == found


class ShiftTests:
    def test_a_renamed_shift_is_found_by_its_new_name_alone(self) -> None:
        shift = ShiftFactory(name="Night")
        assert Shift.objects.get_by_name("Night") == shift
        assert Shift.objects.get_by_name("Late") is None
        Shift.objects.filter(pk=shift.pk).update(name="Late")
        assert Shift.objects.get_by_name("Night") is None
        assert Shift.objects.get_by_name("Late") == shift

    def test_is_found_by_exactly_this_name(self) -> None:
        ShiftFactory(name="Night")
        assert Shift.objects.get_by_name("night") is None
        assert Shift.objects.get_by_name("") is None

    def test_active_types_follow_what_is_added_changed_and_deleted(self) -> None:
        assert list(ShiftType.objects.active()) == []
        late, early = ShiftTypeFactory(name="Late"), ShiftTypeFactory(name="Early")
        assert list(ShiftType.objects.active()) == [early, late]
        ShiftType.objects.filter(name="Early").update(active=False)
        assert list(ShiftType.objects.active()) == [late]
        late.name = "Night"
        late.save()
        assert [row.name for row in ShiftType.objects.active()] == ["Night"]
        late.delete()
        assert list(ShiftType.objects.active()) == []


class ScheduleAssignmentsTests:
    def names(self, schedule: Schedule) -> list[tuple[str, str]]:
        rows = ScheduleAssignment.objects.for_schedule(schedule.pk)
        return [(row.employee.first_name, row.shift.name) for row in rows]

    def test_are_in_order_of_date_start_and_name(self) -> None:
        schedule = ScheduleFactory()
        early, late = (ShiftFactory(start_time=datetime.time(hour), end_time=datetime.time(20)) for hour in (5, 9))
        amy = EmployeeFactory(last_name="Adams", department=schedule.department)
        zoe = EmployeeFactory(last_name="Zimmer", department=schedule.department)
        tuesday = MONDAY + datetime.timedelta(days=1)
        wanted = [(MONDAY, early, zoe), (MONDAY, late, amy), (MONDAY, late, zoe), (tuesday, early, amy)]
        for date, shift, employee in reversed(wanted):
            ScheduleAssignmentFactory(schedule=schedule, date=date, shift=shift, employee=employee)
        for _ in range(2):
            rows = ScheduleAssignment.objects.for_schedule(schedule.pk)
            assert [(row.date, row.shift, row.employee) for row in rows] == wanted

    def test_come_with_their_people_and_shifts(self, django_assert_num_queries: Any) -> None:
        row = ScheduleAssignmentFactory(employee__first_name="Amy", shift__name="Night")
        for expected in (1, 0):
            with django_assert_num_queries(expected):
                assert self.names(row.schedule) == [("Amy", "Night")]

    def test_follow_a_renamed_shift_and_person(self) -> None:
        row = ScheduleAssignmentFactory(employee__first_name="Amy", shift__name="Night")
        assert self.names(row.schedule) == [("Amy", "Night")]
        Shift.objects.filter(name="Night").update(name="Late")
        assert self.names(row.schedule) == [("Amy", "Late")]
        row.employee.first_name = "Zoe"
        row.employee.save()
        assert self.names(row.schedule) == [("Zoe", "Late")]

    def test_a_row_that_moves_leaves_one_schedule_and_enters_the_other(self) -> None:
        row = ScheduleAssignmentFactory()
        target = ScheduleFactory(department=row.schedule.department, week_start=MONDAY + datetime.timedelta(days=7))
        source = row.schedule
        assert len(self.names(source)) == 1
        assert self.names(target) == []
        stale = ScheduleAssignment.objects.get(pk=row.pk)
        ScheduleAssignment.objects.filter(pk=row.pk).update(schedule=target)
        assert (len(self.names(source)), len(self.names(target))) == (0, 1)
        # Blind save of an instance loaded before the move: it moves the row back.
        stale.save()
        assert (len(self.names(source)), len(self.names(target))) == (1, 0)

    def test_a_row_that_moves_in_another_process(self, child: Any) -> None:
        row = ScheduleAssignmentFactory()
        target = ScheduleFactory(department=row.schedule.department, week_start=MONDAY + datetime.timedelta(days=7))
        assert (len(self.names(row.schedule)), len(self.names(target))) == (1, 0)
        child.run("from scheduling.models import ScheduleAssignment")
        child.run(f"ScheduleAssignment.objects.filter(pk={row.pk}).update(schedule={target.pk})")
        assert (len(self.names(row.schedule)), len(self.names(target))) == (0, 1)

    def test_follow_what_is_added_changed_and_deleted(self) -> None:
        schedule = ScheduleFactory()
        assert self.names(schedule) == []
        row = ScheduleAssignmentFactory(schedule=schedule)
        assert len(self.names(schedule)) == 1
        ScheduleAssignment.objects.filter(employee=row.employee).update(notes="changed")
        assert ScheduleAssignment.objects.for_schedule(schedule.pk)[0].notes == "changed"
        row.employee.delete()
        assert self.names(schedule) == []

    def test_of_a_deleted_schedule_are_none(self) -> None:
        row = ScheduleAssignmentFactory()
        schedule = row.schedule
        assert self.names(schedule)
        pk = schedule.pk
        schedule.delete()
        assert list(ScheduleAssignment.objects.for_schedule(pk)) == []


class SchedulesOfDepartmentTests:
    def test_are_the_newest_first_and_follow_a_change(self) -> None:
        first = ScheduleFactory()
        department = first.department
        assert list(Schedule.objects.of_department(department.pk)) == [first]
        second = ScheduleFactory(department=department, version=2)
        later = ScheduleFactory(department=department, week_start=MONDAY + datetime.timedelta(days=7))
        assert list(Schedule.objects.of_department(department.pk)) == [later, second, first]
        Schedule.objects.filter(pk=second.pk).update(status="published")
        assert Schedule.objects.of_department(department.pk)[1].status == "published"


class ActiveRulesTests:
    def names(self, date: datetime.date | None = None) -> list[str]:
        return [rule.name for rule in Rule.objects.active_rules(date)]

    def test_the_highest_priority_comes_first(self) -> None:
        RuleFactory(name="Second", priority=3)
        RuleFactory(name="First", priority=7)
        RuleFactory(name="Never", active=False)
        assert self.names() == ["First", "Second"]

    def test_a_date_is_asked_after_the_read(self, django_assert_num_queries: Any) -> None:
        week = datetime.timedelta(days=7)
        RuleFactory(name="Winter", effective_from=MONDAY, effective_until=MONDAY + week)
        with django_assert_num_queries(1):
            assert self.names(MONDAY - week) == []
            assert self.names(MONDAY) == ["Winter"]
            assert self.names(MONDAY + week) == ["Winter"]
            assert self.names(MONDAY + 2 * week) == []

    def test_follow_what_is_added_changed_and_deleted(self) -> None:
        assert self.names() == []
        rule = RuleFactory(name="Rest")
        assert self.names() == ["Rest"]
        rule.parameters["min_hours"] = 12
        rule.save()
        assert Rule.objects.active_rules()[0].parameters == {"min_hours": 12}
        Rule.objects.filter(name="Rest").update(active=False)
        assert self.names() == []
        Rule.objects.filter(pk=rule.pk).update(active=True)
        assert self.names() == ["Rest"]
        rule.delete()
        assert self.names() == []

    def test_the_parameters_of_one_reader_are_not_those_of_the_next(self) -> None:
        RuleFactory(parameters={"min_hours": 11})
        for _ in range(2):
            rule = Rule.objects.active_rules()[0]
            assert rule.parameters == {"min_hours": 11}
            rule.parameters["min_hours"] = 0


class UnreadForTests:
    NOW = datetime.datetime(2026, 11, 30, 12, tzinfo=datetime.UTC)

    @pytest.fixture(autouse=True)
    def _amy(self) -> None:
        self.amy = EmployeeFactory()

    def titles(self, now: datetime.datetime | None = None) -> list[str]:
        return [row.title for row in Notification.objects.unread_for(self.amy.pk, now)]

    def test_the_most_important_comes_first_and_the_newest_among_equals(self) -> None:
        hour = datetime.timedelta(hours=1)
        for title, priority, age in (("old", 5, 2), ("new", 5, 1), ("urgent", 9, 3)):
            NotificationFactory(recipient=self.amy, title=title, priority=priority, created_at=self.NOW - age * hour)
        NotificationFactory()
        assert self.titles() == ["urgent", "new", "old"]

    def test_what_expires_is_gone_without_a_query_and_without_a_write(self, django_assert_num_queries: Any) -> None:
        soon = timezone.now() + datetime.timedelta(days=1)
        NotificationFactory(recipient=self.amy, title="Ends", expires_at=soon)
        with django_assert_num_queries(1):
            assert self.titles() == ["Ends"]
            assert self.titles(soon - datetime.timedelta(seconds=1)) == ["Ends"]
            assert self.titles(soon) == []

    def test_follow_what_is_read_and_unread_again(self) -> None:
        row = NotificationFactory(recipient=self.amy, title="Hello")
        assert self.titles() == ["Hello"]
        assert Notification.objects.filter(pk=row.pk).mark_read(self.NOW) == 1
        assert self.titles() == []
        # Names the row and not whose it is, and the list does not contain it.
        row.read_at = None
        row.save(update_fields=["read_at"])
        assert self.titles() == ["Hello"]

    def test_a_message_that_changes_hands_in_another_process(self, child: Any) -> None:
        row = NotificationFactory(recipient=self.amy, title="Hello")
        bob = EmployeeFactory()
        assert (self.titles(), list(Notification.objects.unread_for(bob.pk))) == (["Hello"], [])
        child.run("from scheduling.models import Notification")
        child.run(f"Notification.objects.filter(pk={row.pk}).update(recipient={bob.pk})")
        assert (self.titles(), list(Notification.objects.unread_for(bob.pk))) == ([], [row])

    def test_are_at_most_so_many(self) -> None:
        Notification.objects.bulk_create(
            Notification(recipient=self.amy, title=str(number)) for number in range(caches.MAX_UNREAD + 1)
        )
        assert len(self.titles()) == caches.MAX_UNREAD


@pytest.mark.usefixtures("no_collisions")
class InvalidateTests:
    """For writes that nobody can see: each function drops its own reads, and no others."""

    @pytest.fixture(autouse=True)
    def _rows(self) -> None:
        self.assignment = ScheduleAssignmentFactory(employee__email="amy@example.com", shift__name="Night")
        self.other = ScheduleAssignmentFactory(
            schedule__department=DepartmentFactory(), employee__email="bob@example.com", shift__name="Early"
        )

    def reads(self, row: ScheduleAssignment) -> dict[str, Callable[[], Any]]:
        return {
            "email": lambda: Employee.objects.get_by_email(row.employee.email),
            "hierarchy": lambda: Department.objects.get_with_hierarchy(row.schedule.department_id),
            "shift": lambda: Shift.objects.get_by_name(row.shift.name),
            "schedule": lambda: ScheduleAssignment.objects.for_schedule(row.schedule_id),
        }

    def dropped(self, invalidate: Callable[[], None]) -> tuple[set[str], set[str]]:
        """Return which reads of the one row, and of the other, ask the database after an invalidation."""
        mine, others = self.reads(self.assignment), self.reads(self.other)
        for read in (*mine.values(), *others.values()):
            read()
        invalidate()
        asked = [{name for name, read in reads.items() if queries(read)} for reads in (mine, others)]
        return asked[0], asked[1]

    def test_employee(self) -> None:
        mine, others = self.dropped(lambda: caches.invalidate_employee_cache(self.assignment.employee_id))
        assert {"email", "schedule"} <= mine
        assert not {"email", "schedule", "shift"} & others

    def test_employee_by_an_address_that_nobody_has(self) -> None:
        assert Employee.objects.get_by_email("eve@example.com") is None
        caches.invalidate_employee_cache(0, email="Eve@Example.com")
        assert queries(lambda: Employee.objects.get_by_email("eve@example.com")) == 1

    def test_department(self) -> None:
        mine, others = self.dropped(lambda: caches.invalidate_department_cache(self.assignment.schedule.department_id))
        assert "hierarchy" in mine
        assert not {"email", "shift", "schedule"} & others

    def test_shift(self) -> None:
        mine, others = self.dropped(lambda: caches.invalidate_shift_cache(self.assignment.shift_id))
        assert {"shift", "schedule"} <= mine
        assert others == set()

    def test_shift_by_a_name_that_nobody_has(self) -> None:
        assert Shift.objects.get_by_name("Late") is None
        caches.invalidate_shift_cache(0, shift_name="Late")
        assert queries(lambda: Shift.objects.get_by_name("Late")) == 1

    def test_schedule(self) -> None:
        mine, others = self.dropped(lambda: caches.invalidate_schedule_cache(self.assignment.schedule_id))
        assert mine == {"schedule"}
        assert others == set()

    def test_rule(self) -> None:
        rule, other = RuleFactory(), RuleFactory()
        Rule.objects.active_rules()
        for one in (rule, other):
            Rule.objects.get_by_id(one.pk)
        caches.invalidate_rule_cache(rule.pk)
        assert queries(Rule.objects.active_rules) == 1
        assert queries(lambda: Rule.objects.get_by_id(rule.pk)) == 1
        assert queries(lambda: Rule.objects.get_by_id(other.pk)) == 0

    def test_notification(self) -> None:
        row, other = NotificationFactory(), NotificationFactory()
        for one in (row, other):
            Notification.objects.unread_for(one.recipient_id)
            Notification.objects.get_by_id(one.pk)
        caches.invalidate_notification_cache(row.pk)
        assert queries(lambda: Notification.objects.unread_for(row.recipient_id)) == 1
        assert queries(lambda: Notification.objects.get_by_id(row.pk)) == 1
        assert queries(lambda: Notification.objects.get_by_id(other.pk)) == 0

    def test_schedule_drops_an_empty_one_too(self) -> None:
        schedule = ScheduleFactory(department=DepartmentFactory())
        assert list(ScheduleAssignment.objects.for_schedule(schedule.pk)) == []
        caches.invalidate_schedule_cache(schedule.pk)
        assert queries(lambda: ScheduleAssignment.objects.for_schedule(schedule.pk)) == 1


class MaxSchedulesTests:
    def test_is_the_size_of_the_settings(self) -> None:
        assert caches.max_schedules() == 500
