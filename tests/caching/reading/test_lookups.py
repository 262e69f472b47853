"""Rows by the value of a field, one or many, as the database has them now."""

import asyncio
import datetime
import logging
from decimal import Decimal
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import Group
from django.db import transaction
from pytest_django.fixtures import Settings

from caching import CachedGroup, CachedLookup, NotWatched, cache_manager, caching_disabled
from caching.reading.manager import CacheManager
from scheduling.caches import (
    DEPARTMENT_BY_CODE,
    EMPLOYEE_BY_EMAIL,
    EMPLOYEE_BY_ID,
    SCHEDULE_ASSIGNMENTS,
    SHIFT_BY_NAME,
)
from scheduling.models import Employee, ScheduleAssignment
from tests.caching.clock import Clock
from tests.factories import (
    DepartmentFactory,
    EmployeeFactory,
    ScheduleAssignmentFactory,
    ScheduleFactory,
    ShiftFactory,
)

pytestmark = pytest.mark.django_db(transaction=True)


class CachedLookupTests:
    def test_costs_one_query_cold_and_none_warm(self, django_assert_num_queries: Any) -> None:
        employee = EmployeeFactory(email="amy@example.com")
        with django_assert_num_queries(1):
            assert EMPLOYEE_BY_EMAIL.get("amy@example.com") == employee
        with django_assert_num_queries(0):
            found = EMPLOYEE_BY_EMAIL.get("amy@example.com")
            assert found == employee
            assert found.last_name == employee.last_name

    def test_any_spelling_of_a_value_is_one_entry(self, django_assert_num_queries: Any) -> None:
        EmployeeFactory(email="amy@example.com")
        EMPLOYEE_BY_EMAIL.get("amy@example.com")
        with django_assert_num_queries(0):
            assert EMPLOYEE_BY_EMAIL.get(" Amy@Example.COM ") is not None
            assert set(EMPLOYEE_BY_EMAIL.get_many(["AMY@example.com"])) == {"amy@example.com"}

    def test_an_absent_row_is_cached_until_it_appears(self, django_assert_num_queries: Any) -> None:
        assert EMPLOYEE_BY_EMAIL.get("amy@example.com") is None
        with django_assert_num_queries(0):
            assert EMPLOYEE_BY_EMAIL.get("amy@example.com") is None
        employee = EmployeeFactory(email="amy@example.com")
        assert EMPLOYEE_BY_EMAIL.get("amy@example.com") == employee

    def test_an_absent_key_is_cached_until_a_row_gets_it(self) -> None:
        employee = EmployeeFactory()
        assert EMPLOYEE_BY_ID.get(employee.pk + 1) is None
        assert EmployeeFactory().pk == employee.pk + 1
        assert EMPLOYEE_BY_ID.get(employee.pk + 1) is not None

    def test_a_save_of_another_row_drops_nothing(self, django_assert_num_queries: Any) -> None:
        amy, bob = EmployeeFactory(), EmployeeFactory()
        EMPLOYEE_BY_EMAIL.get(amy.email)
        bob.save()
        with django_assert_num_queries(0):
            EMPLOYEE_BY_EMAIL.get(amy.email)

    def test_a_save_of_another_row_drops_no_row_that_was_found_by_key(self, django_assert_num_queries: Any) -> None:
        amy, bob = EmployeeFactory(), EmployeeFactory()
        EMPLOYEE_BY_ID.get(amy.pk)
        bob.save()
        with django_assert_num_queries(0):
            EMPLOYEE_BY_ID.get(amy.pk)

    def test_a_changed_email_is_found_under_the_new_one_alone(self) -> None:
        amy = EmployeeFactory(email="amy@example.com")
        assert EMPLOYEE_BY_EMAIL.get("amy@example.com") == amy
        assert EMPLOYEE_BY_EMAIL.get("zoe@example.com") is None
        amy.email = "zoe@example.com"
        amy.save()
        assert EMPLOYEE_BY_EMAIL.get("amy@example.com") is None
        assert EMPLOYEE_BY_EMAIL.get("zoe@example.com") == amy

    def test_a_deleted_row_is_gone(self) -> None:
        amy = EmployeeFactory()
        EMPLOYEE_BY_EMAIL.get(amy.email)
        amy.delete()
        assert EMPLOYEE_BY_EMAIL.get(amy.email) is None

    def test_each_call_returns_a_row_of_its_own(self) -> None:
        amy = EmployeeFactory(first_name="Amy")
        for _ in range(3):
            found = EMPLOYEE_BY_EMAIL.get(amy.email)
            assert found.first_name == "Amy"
            found.first_name = "changed"
            found._state.fields_cache["department"] = None

    @pytest.mark.parametrize("value", ["", "  ", None])
    def test_no_row_has_no_value(self, value: Any) -> None:
        assert EMPLOYEE_BY_EMAIL.get(value) is None
        assert EMPLOYEE_BY_EMAIL.get_many([value]) == {}
        assert SHIFT_BY_NAME.get("") is None

    @pytest.mark.parametrize(
        "value", ["x", pytest.param(object(), id="an-object"), 10**30, float("inf"), float("nan")], ids=repr
    )
    def test_what_the_field_cannot_hold_has_no_row(self, value: Any) -> None:
        assert EMPLOYEE_BY_ID.get(value) is None
        assert EMPLOYEE_BY_ID.get_many([value]) == {}

    def test_values_with_colons_and_wildcards_are_values_like_others(self) -> None:
        shifts = {name: ShiftFactory(name=name) for name in ("a:b", "a", "*", "a%3Ab", "[a]", "?", "ä:ö", "%")}
        for name, shift in shifts.items():
            assert SHIFT_BY_NAME.get(name) == shift
        for name, shift in shifts.items():
            assert SHIFT_BY_NAME.get(name) == shift
        assert SHIFT_BY_NAME.get_many(shifts) == shifts

    def test_invalidate_drops_one_answer(self, django_assert_num_queries: Any) -> None:
        amy, bob = EmployeeFactory(), EmployeeFactory()
        EMPLOYEE_BY_EMAIL.get_many([amy.email, bob.email])
        EMPLOYEE_BY_EMAIL.invalidate(f" {amy.email.upper()} ")
        with django_assert_num_queries(1):
            EMPLOYEE_BY_EMAIL.get_many([amy.email, bob.email])

    def test_inside_a_write_it_reads_the_database(self, django_assert_num_queries: Any) -> None:
        amy = EmployeeFactory(first_name="Amy")
        EMPLOYEE_BY_EMAIL.get(amy.email)
        with transaction.atomic():
            amy.first_name = "Zoe"
            amy.save()
            with django_assert_num_queries(2):
                assert EMPLOYEE_BY_EMAIL.get(amy.email).first_name == "Zoe"
                assert EMPLOYEE_BY_EMAIL.get_many([amy.email])[amy.email].first_name == "Zoe"
            transaction.set_rollback(True)
        assert EMPLOYEE_BY_EMAIL.get(amy.email).first_name == "Amy"
        assert cache_manager.get_stats()["bypasses"] == 2

    def test_caching_disabled_reads_the_database(self, django_assert_num_queries: Any) -> None:
        amy = EmployeeFactory()
        EMPLOYEE_BY_EMAIL.get(amy.email)
        with caching_disabled(), django_assert_num_queries(3):
            EMPLOYEE_BY_EMAIL.get(amy.email)
            EMPLOYEE_BY_EMAIL.get_many([amy.email])
            EMPLOYEE_BY_EMAIL.get_many_pks([amy.email])

    def test_a_time_to_live_of_its_own(self, ticking: Clock, django_assert_num_queries: Any) -> None:
        lookup = CachedLookup(Employee, "employee_number", cache_type="employee", ttl=7)
        employee = EmployeeFactory()
        lookup.get(employee.employee_number)
        # Before 0.8 of it, after which a read would have it renewed.
        ticking.tick(5.5)
        with django_assert_num_queries(0):
            lookup.get(employee.employee_number)
        ticking.tick(1.6)
        with django_assert_num_queries(1):
            assert lookup.get(employee.employee_number) == employee


class DeclarationTests:
    def test_a_field_that_is_not_unique_is_refused(self) -> None:
        with pytest.raises(ValueError, match=r"scheduling\.Employee\.role is not unique; use CachedGroup"):
            CachedLookup(Employee, "role", cache_type="employee")

    def test_a_field_that_does_not_exist_is_refused(self) -> None:
        with pytest.raises(NotWatched, match=r"scheduling\.Employee has no field 'mail' to watch"):
            CachedLookup(Employee, "mail", cache_type="employee")

    def test_a_field_whose_values_cannot_be_followed_is_refused(self) -> None:
        with pytest.raises(NotWatched, match=r"Employee\.hourly_rate cannot be watched by value; watch a column of"):
            CachedGroup(Employee, "hourly_rate", cache_type="employee")

    def test_only_foreign_keys_can_be_joined(self) -> None:
        with pytest.raises(ValueError, match=r"scheduling\.Employee\.role is not a foreign key; it cannot be joined"):
            CachedLookup(Employee, "email", cache_type="employee", kind="joined", select_related=("role",))

    def test_lists_ordered_by_a_row_that_is_not_joined_are_refused(self) -> None:
        """A change of the shift's start would change the order, and nothing would tell."""
        with pytest.raises((ValueError, NotWatched)):
            CachedGroup(
                ScheduleAssignment, "schedule", cache_type="schedule", kind="ordered", order_by=("shift__start_time",)
            )


class ManyTests:
    def test_is_at_most_one_query(self, django_assert_num_queries: Any) -> None:
        people = {person.email: person for person in (EmployeeFactory() for _ in range(5))}
        emails = list(people)
        with django_assert_num_queries(1):
            assert EMPLOYEE_BY_EMAIL.get_many(emails[:3]) == {email: people[email] for email in emails[:3]}
        with django_assert_num_queries(1):
            assert EMPLOYEE_BY_EMAIL.get_many([*emails, "eve@example.com"]) == people
        with django_assert_num_queries(0):
            assert EMPLOYEE_BY_EMAIL.get_many(iter([*emails, "eve@example.com"])) == people
            assert EMPLOYEE_BY_EMAIL.get(emails[4]) == people[emails[4]]
            assert EMPLOYEE_BY_EMAIL.get("eve@example.com") is None
            assert EMPLOYEE_BY_EMAIL.get_many([]) == {}

    def test_counts_each_value_once(self) -> None:
        people = [EmployeeFactory() for _ in range(3)]
        emails = [person.email for person in people]
        EMPLOYEE_BY_EMAIL.get_many(emails * 2)
        EMPLOYEE_BY_EMAIL.get_many([*emails, "eve@example.com"])
        counted = cache_manager.get_stats()["types"]["employee"]["kinds"]["email"]
        assert (counted["hits"], counted["misses"], counted["sets"], counted["loads"]) == (3, 4, 4, 2)

    def test_logs_how_many_came_from_the_cache(self, caplog: pytest.LogCaptureFixture) -> None:
        department = DepartmentFactory()
        people = Employee.objects.bulk_create(
            EmployeeFactory.build(department=department, employee_number=f"B{n}", email=f"b{n}@example.com")
            for n in range(100)
        )
        emails = [person.email for person in people]
        EMPLOYEE_BY_EMAIL.get_many(emails[:93])
        with caplog.at_level(logging.INFO, logger="caching"):
            EMPLOYEE_BY_EMAIL.get_many([*emails, "eve@example.com"])
        assert caplog.messages == ["Loaded 100 employees (93 from cache)"]

    def test_a_write_during_the_load_keeps_that_row_out(self, monkeypatch: pytest.MonkeyPatch) -> None:
        amy, bob = EmployeeFactory(first_name="Amy"), EmployeeFactory(first_name="Bob")
        rows = EMPLOYEE_BY_EMAIL._rows

        def rows_then_write(values: Any) -> Any:
            found = rows(values)
            Employee.objects.filter(pk=amy.pk).update(first_name="Zoe")
            return found

        monkeypatch.setattr(EMPLOYEE_BY_EMAIL, "_rows", rows_then_write)
        EMPLOYEE_BY_EMAIL.get_many([amy.email, bob.email])
        monkeypatch.undo()
        found = EMPLOYEE_BY_EMAIL.get_many([amy.email, bob.email])
        assert found[amy.email].first_name == "Zoe"

    def test_from_the_shared_tier_too(self, file_tier: Any, django_assert_num_queries: Any) -> None:
        people = [EmployeeFactory() for _ in range(3)]
        emails = [person.email for person in people]
        EMPLOYEE_BY_EMAIL.get_many(emails)
        cache_manager.reconfigure()
        with django_assert_num_queries(0):
            assert list(EMPLOYEE_BY_EMAIL.get_many(emails).values()) == people
            cache_manager.reconfigure()
            found = EMPLOYEE_BY_EMAIL.get(emails[0])
        assert found == people[0]
        assert found.created_at if hasattr(found, "created_at") else found.hourly_rate == people[0].hourly_rate
        people[0].first_name = "Zoe"
        people[0].save()
        assert EMPLOYEE_BY_EMAIL.get(emails[0]).first_name == "Zoe"


class ManyPrimaryKeysTests:
    def test_tells_who_answered(
        self, faulty: Any, django_assert_num_queries: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        people = {person.email: person.pk for person in (EmployeeFactory() for _ in range(4))}
        emails = list(people)
        EMPLOYEE_BY_EMAIL.get_many(emails[:2])
        cache_manager.reconfigure()
        EMPLOYEE_BY_EMAIL.get(emails[0])
        with django_assert_num_queries(1), caplog.at_level(logging.INFO, logger="caching"):
            pks, sources = EMPLOYEE_BY_EMAIL.get_many_pks([*emails, f" {emails[0].upper()}", "eve@example.com", None])
        assert pks == people
        assert sources == {"local": 1, "shared": 1, "database": 2, "missing": 1}
        assert caplog.messages == ["Loaded 4 employees (2 from cache)"]

    def test_a_row_known_to_be_absent_is_not_asked_for(self, django_assert_num_queries: Any) -> None:
        EMPLOYEE_BY_EMAIL.get("eve@example.com")
        with django_assert_num_queries(0):
            pks, sources = EMPLOYEE_BY_EMAIL.get_many_pks(["eve@example.com"])
        assert pks == {}
        assert sources["local"] == 1

    def test_stores_nothing(self, django_assert_num_queries: Any) -> None:
        employee = EmployeeFactory()
        EMPLOYEE_BY_EMAIL.get_many_pks([employee.email])
        with django_assert_num_queries(1):
            EMPLOYEE_BY_EMAIL.get(employee.email)


def fields(row: Any) -> list[tuple[str, Any, type]]:
    """Return what a row holds, with the types."""
    values = [(field.attname, getattr(row, field.attname)) for field in row._meta.concrete_fields]
    return [(name, value, type(value)) for name, value in values]


class WarmTests:
    def test_caches_rows_as_the_database_has_them(self, django_assert_num_queries: Any) -> None:
        # More than a few: they are read in the quick way. Some share a value, of some columns nothing is known.
        people = EmployeeFactory.create_batch(30, hourly_rate=Decimal("18.40"), end_date=None)
        people += EmployeeFactory.create_batch(2, hourly_rate=None, hire_date=datetime.date(2020, 2, 29))
        stored = {row.email: row for row in Employee.objects.all()}

        assert EMPLOYEE_BY_EMAIL.warm([*stored, "nobody@example.com"]) == 33

        with django_assert_num_queries(0):
            for email, row in stored.items():
                assert fields(EMPLOYEE_BY_EMAIL.get(email)) == fields(row)
            assert EMPLOYEE_BY_EMAIL.get("nobody@example.com") is None
        assert EMPLOYEE_BY_EMAIL.warm(stored) == 0

    def test_caches_lists_in_their_order_with_the_joined_rows(self, django_assert_num_queries: Any) -> None:
        schedules = ScheduleFactory.create_batch(25)
        for schedule in schedules[:3]:
            ScheduleAssignmentFactory.create_batch(3, schedule=schedule, date=schedule.week_start)

        SCHEDULE_ASSIGNMENTS.warm([schedule.pk for schedule in schedules])

        with django_assert_num_queries(0):
            lists = [SCHEDULE_ASSIGNMENTS.get(schedule.pk) for schedule in schedules]
            people = [row.employee for rows in lists for row in rows]
        assert [len(rows) for rows in lists] == [3, 3, 3, *[0] * 22]
        for rows, schedule in zip(lists, schedules, strict=True):
            wanted = schedule.assignments.order_by(*SCHEDULE_ASSIGNMENTS._order)
            assert list(map(fields, rows)) == list(map(fields, wanted))
        assert list(map(fields, people)) == [fields(Employee.objects.get(pk=row.pk)) for row in people]

    @pytest.mark.parametrize("shared", [False, True])
    def test_after_an_import_leaves_everything_that_was_read(
        self, shared: bool, settings: Settings, request: pytest.FixtureRequest, django_assert_num_queries: Any
    ) -> None:
        if shared:
            request.getfixturevalue("file_tier")
        settings.CACHING = {**settings.CACHING, "MAX_SIZE": {"employee": 10}}
        people = [person.email for person in EmployeeFactory.create_batch(30)]
        for email in people[:6]:
            EMPLOYEE_BY_EMAIL.get(email)
        evicted = evictions()

        # The values of the type's room are loaded, no more, and of those as many are held as nobody needs the room of.
        assert EMPLOYEE_BY_EMAIL.warm(people[10:]) == 10
        with django_assert_num_queries(0):
            for email in (*people[:6], *people[10:14]):
                EMPLOYEE_BY_EMAIL.get(email)
        assert EMPLOYEE_BY_EMAIL.warm(people[20:]) == 10
        assert evictions() == evicted
        with django_assert_num_queries(0):
            for email in people[:6]:
                EMPLOYEE_BY_EMAIL.get(email)

    def test_takes_the_room_of_what_the_import_has_made_stale(self, settings: Settings) -> None:
        settings.CACHING = {**settings.CACHING, "MAX_SIZE": {"employee": 4}}
        people = [person.email for person in EmployeeFactory.create_batch(8)]
        for email in people[:4]:
            EMPLOYEE_BY_EMAIL.get(email)
        for email in people[:3]:
            Employee.objects.get(email=email).save()

        EMPLOYEE_BY_EMAIL.warm(people[4:])

        held = cache_manager.type_entries("employee").entries
        assert {*held} == {EMPLOYEE_BY_EMAIL.key(email) for email in people[3:7]}

    def test_what_is_held_is_neither_loaded_nor_counted_as_read(self, django_assert_num_queries: Any) -> None:
        people = [person.email for person in EmployeeFactory.create_batch(3)]
        EMPLOYEE_BY_EMAIL.warm(people)
        before = cache_manager.get_stats()["hits"]
        with django_assert_num_queries(0):
            assert EMPLOYEE_BY_EMAIL.warm(people) == 0
        assert cache_manager.get_stats()["hits"] == before


def evictions() -> int:
    counted: int = cache_manager.get_stats()["types"]["employee"]["evictions"]["size"]
    return counted


class AsyncTests:
    def test_finds_what_the_sync_form_finds(self, django_assert_num_queries: Any) -> None:
        employee = EmployeeFactory()

        async def main() -> list[Any]:
            return [
                await EMPLOYEE_BY_EMAIL.aget(employee.email),
                await EMPLOYEE_BY_EMAIL.aget(f" {employee.email.upper()}"),
                await EMPLOYEE_BY_EMAIL.aget("eve@example.com"),
                await EMPLOYEE_BY_EMAIL.aget(None),
                await EMPLOYEE_BY_EMAIL.aget_many([employee.email, "eve@example.com"]),
            ]

        expected = [employee, employee, None, None, {employee.email: employee}]
        with django_assert_num_queries(2):
            assert async_to_sync(main)() == expected
        with django_assert_num_queries(0):
            assert async_to_sync(main)() == expected

    def test_many_at_once(self) -> None:
        people = [EmployeeFactory() for _ in range(5)]

        async def main() -> list[Any]:
            return await asyncio.gather(*(EMPLOYEE_BY_EMAIL.aget(person.email) for person in people * 3))

        assert async_to_sync(main)() == people * 3


class ManagerOfTheLookupTests:
    def test_counts_by_type_and_kind(self) -> None:
        employee = EmployeeFactory()
        for _ in range(3):
            EMPLOYEE_BY_EMAIL.get(employee.email)
        DEPARTMENT_BY_CODE.get(employee.department.code)
        types = cache_manager.get_stats()["types"]
        email = types["employee"]["kinds"]["email"]
        assert (email["hits"], email["misses"], email["hit_rate"]) == (2, 1, 2 / 3)
        assert email["ttl"] == 600
        assert types["department"]["kinds"]["code"]["misses"] == 1

    def test_another_manager_has_entries_of_its_own(self, manager: CacheManager) -> None:
        EMPLOYEE_BY_EMAIL.get(EmployeeFactory().email)
        assert manager.get_stats()["cache_sizes"]["employee"] == 0

    @pytest.mark.usefixtures("watching")
    def test_a_group_of_django_itself_can_be_looked_up(self, django_assert_num_queries: Any) -> None:
        lookup = CachedLookup(Group, "name", cache_type="general")
        group = Group.objects.create(name="staff")
        assert lookup.get("staff") == group
        with django_assert_num_queries(0):
            assert lookup.get("staff") == group
        Group.objects.filter(name="staff").update(name="people")
        assert lookup.get("staff") is None
