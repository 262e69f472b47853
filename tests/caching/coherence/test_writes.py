"""Every way to write in Django: cached value read, write, cached value read again, by the caller and by a thread.

Each case names what is still cached afterwards: where the written rows are known, the entries of other rows; where they
are not, the entries of other models.
"""

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.management import call_command
from django.core.serializers import deserialize, serialize
from django.db import connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations import RunPython, RunSQL
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Count, F, QuerySet, Subquery, Value
from django.db.models.functions import Concat, Upper
from django.test import Client

from caching import cache_manager, invalidate
from caching.coherence import receivers
from caching.exceptions import NotWatched
from scheduling.models import Employee, ScheduleAssignment, Shift, ShiftType
from tests.caching.coherence.models import Club, ClubWithTwoParents, EmployeeProxy, Place, Society
from tests.caching.coherence.world import EMAIL, NEW_EMAIL, World, asks_the_database, in_thread, read_all, truth
from tests.caching.installing import tables_of
from tests.factories import EmployeeFactory, ScheduleAssignmentFactory, ScheduleFactory

pytestmark = pytest.mark.django_db(transaction=True)

Write = Callable[[World], Any]
on_sqlite = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="SQLite only")
on_postgresql = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="PostgreSQL only")


@pytest.fixture
def world() -> World:
    return World.made()


OF_EMPLOYEES = {"amy", "bob", "nobody", "skills_of_amy", "skills_of_bob"}
OF_NO_EMPLOYEE = {"night", "day", "types"}
BUT_AMY = OF_NO_EMPLOYEE | {"bob", "nobody", "other_week", "skills_of_bob"}
"""What does not contain Amy, nor any employee."""
CASES: list[Any] = []


def case(*, keeps: set[str], marks: Any = (), atomic: bool = True) -> Callable[[Write], Write]:
    """Make a case of a function that writes; ``atomic`` says whether it can run inside a transaction."""

    def register(write: Write) -> Write:
        CASES.append(pytest.param(write, keeps, atomic, id=write.__name__, marks=marks))
        return write

    return register


# -- one row ---------------------------------------------------------------------------------------------------------


@case(keeps=BUT_AMY)
def save(world: World) -> None:
    world.amy.first_name = "Ann"
    world.amy.save()


@case(keeps=BUT_AMY)
def save_with_update_fields(world: World) -> None:
    world.amy.first_name = "Ann"
    world.amy.save(update_fields=["first_name"])


@case(keeps=BUT_AMY)
def save_a_hand_made_instance(world: World) -> None:
    Employee(pk=world.amy.pk, first_name="Ann").save(update_fields=["first_name"])


@case(keeps=BUT_AMY)
def save_a_deferred_instance(world: World) -> None:
    found = Employee.objects.only("first_name").get(pk=world.amy.pk)
    found.first_name = "Ann"
    found.save()


@case(keeps=BUT_AMY)
def save_an_instance_that_came_from_the_cache(world: World) -> None:
    found = Employee.objects.get_by_email(EMAIL)
    assert found is not None
    found.first_name = "Ann"
    found.save()


@case(keeps=BUT_AMY - {"nobody"})
def save_a_changed_value(world: World) -> None:
    world.amy.email = NEW_EMAIL.upper()
    world.amy.save()


@case(keeps=BUT_AMY - {"nobody"}, atomic=False)
def save_a_stale_instance(world: World) -> None:
    stale = Employee.objects.get(pk=world.amy.pk)
    in_thread(lambda: Employee.objects.filter(pk=world.amy.pk).update(email=NEW_EMAIL))
    assert Employee.objects.get_by_email(EMAIL) is None
    assert Employee.objects.get_by_email(NEW_EMAIL) is not None
    stale.first_name = "Ann"
    stale.save()


@case(keeps=BUT_AMY)
def save_an_expression(world: World) -> None:
    world.amy.max_hours_per_week = F("max_hours_per_week") - 1  # type: ignore[assignment]
    world.amy.save()


@case(keeps=OF_NO_EMPLOYEE)
def save_an_expression_of_a_watched_field(world: World) -> None:
    world.amy.email = Concat(Value("new"), Value("@example.com"))  # type: ignore[assignment]
    world.amy.save(update_fields=["email"])


@case(keeps=BUT_AMY)
def select_for_update_and_save(world: World) -> None:
    with transaction.atomic():
        found = Employee.objects.select_for_update().get(pk=world.amy.pk)
        found.first_name = "Ann"
        found.save()


@case(keeps=BUT_AMY)
def save_base_raw(world: World) -> None:
    world.amy.first_name = "Ann"
    world.amy.save_base(raw=True)


@case(keeps=BUT_AMY)
def save_a_proxy(world: World) -> None:
    found = EmployeeProxy.objects.get(pk=world.amy.pk)
    found.first_name = "Ann"
    found.save()


@case(keeps=BUT_AMY)
def update_through_a_proxy(world: World) -> None:
    EmployeeProxy.objects.filter(pk=world.amy.pk).update(first_name="Ann")


@case(keeps=BUT_AMY)
def update_or_create_an_existing_row(world: World) -> None:
    Employee.objects.update_or_create(email=EMAIL, defaults={"first_name": "Ann"})


@case(keeps=OF_NO_EMPLOYEE)
def delete_a_row(world: World) -> None:
    world.amy.delete()


@case(keeps=BUT_AMY)
def delete_a_row_without_relations(world: World) -> None:
    ScheduleAssignment.objects.filter(pk=world.assignment.pk)._raw_delete(connection.alias)
    Employee.skills.through.objects.filter(employee=world.amy)._raw_delete(connection.alias)
    Employee.objects.filter(pk=world.amy.pk)._raw_delete(connection.alias)


# -- several rows ----------------------------------------------------------------------------------------------------


@case(keeps=BUT_AMY)
def update_by_primary_key(world: World) -> None:
    Employee.objects.filter(pk=world.amy.pk).update(first_name="Ann")


@case(keeps=BUT_AMY)
def update_by_primary_keys(world: World) -> None:
    Employee.objects.filter(pk__in=[world.amy.pk]).update(first_name="Ann")


@case(keeps=BUT_AMY - {"nobody"})
def update_a_watched_field(world: World) -> None:
    Employee.objects.filter(pk=world.amy.pk).update(email=NEW_EMAIL)


@case(keeps=BUT_AMY)
def update_with_f(world: World) -> None:
    Employee.objects.filter(pk=world.amy.pk).update(max_hours_per_week=F("max_hours_per_week") - 1)


@case(keeps=BUT_AMY)
def update_with_an_expression(world: World) -> None:
    Employee.objects.filter(pk=world.amy.pk).update(first_name=Upper("first_name"))


@case(keeps=OF_NO_EMPLOYEE)
def update_a_watched_field_with_an_expression(world: World) -> None:
    Employee.objects.filter(pk=world.amy.pk).update(email=Concat(Value("new"), Value("@example.com")))


@case(keeps=OF_NO_EMPLOYEE)
def update_by_another_field(world: World) -> None:
    Employee.objects.filter(email=EMAIL).update(first_name="Ann")


@case(keeps=OF_NO_EMPLOYEE)
def update_by_a_join(world: World) -> None:
    Employee.objects.filter(department__name="Kitchen").update(first_name="Ann")


@case(keeps=OF_NO_EMPLOYEE)
def update_all(world: World) -> None:
    Employee.objects.update(first_name="Ann")


@case(keeps=OF_NO_EMPLOYEE)
def update_by_exclusion(world: World) -> None:
    Employee.objects.exclude(pk=world.bob.pk).update(first_name="Ann")


@case(keeps=BUT_AMY)
def update_by_the_base_manager(world: World) -> None:
    Employee._base_manager.filter(pk=world.amy.pk).update(first_name="Ann")


@case(keeps=OF_NO_EMPLOYEE)
def update_by_an_annotation(world: World) -> None:
    Employee.objects.annotate(known=Count("skills")).filter(known=1).update(first_name="Ann")


@case(keeps=OF_NO_EMPLOYEE)
def update_in_an_order_by_a_joined_column(world: World) -> None:
    Employee.objects.order_by("-department__name").update(first_name="Ann")


@case(keeps=BUT_AMY)
def update_with_a_subquery(world: World) -> None:
    of_bob = Employee.objects.filter(pk=world.bob.pk).values("last_name")
    Employee.objects.filter(pk=world.amy.pk).update(last_name=Subquery(of_bob))


@case(keeps=OF_NO_EMPLOYEE)
def update_of_a_subquery(world: World) -> None:
    skilled = Employee.skills.through.objects.values("employee")
    Employee.objects.filter(pk__in=skilled).update(first_name="Ann")


@case(keeps=OF_NO_EMPLOYEE)
def update_by_more_primary_keys_than_are_followed(world: World) -> None:
    Employee.objects.filter(pk__in=[world.amy.pk, *range(10**6, 10**6 + 3000)]).update(first_name="Ann")


@case(keeps=OF_NO_EMPLOYEE)
def update_through_a_related_manager(world: World) -> None:
    world.kitchen.employees.update(first_name="Ann")


@case(keeps=BUT_AMY)
def save_in_a_loop_over_an_iterator(world: World) -> None:
    # A server-side cursor on PostgreSQL, a half-read one on SQLite.
    for found in Employee.objects.filter(pk=world.amy.pk).iterator(chunk_size=1):
        found.first_name = "Ann"
        found.save()


@case(keeps=BUT_AMY)
def save_in_nested_transactions_without_savepoints(world: World) -> None:
    with transaction.atomic(), transaction.atomic(savepoint=False):
        world.amy.first_name = "Ann"
        world.amy.save()


BUT_NOBODY = OF_NO_EMPLOYEE | OF_EMPLOYEES - {"nobody"} | {"week", "other_week"}
"""What stays when a row is added."""


@case(keeps=BUT_NOBODY)
def bulk_create(world: World) -> None:
    Employee.objects.bulk_create([EmployeeFactory.build(email=NEW_EMAIL, department=world.bar)])


@case(keeps=BUT_NOBODY)
def create(world: World) -> None:
    EmployeeFactory(email=NEW_EMAIL, department=world.bar)


@case(keeps=BUT_NOBODY)
def get_or_create_a_new_row(world: World) -> None:
    Employee.objects.get_or_create(email=NEW_EMAIL, defaults={"department": world.bar, "employee_number": "X"})


@case(keeps=BUT_NOBODY)
def update_or_create_a_new_row(world: World) -> None:
    Employee.objects.update_or_create(email=NEW_EMAIL, defaults={"department": world.bar, "employee_number": "X"})


@case(keeps=BUT_NOBODY)
def bulk_create_that_ignores_conflicts(world: World) -> None:
    people = [
        EmployeeFactory.build(email=NEW_EMAIL, department=world.bar),
        EmployeeFactory.build(email="third@example.com", department=world.bar),
    ]
    Employee.objects.bulk_create(people, ignore_conflicts=True)


@case(keeps=OF_NO_EMPLOYEE)
def bulk_create_that_updates_conflicts(world: World) -> None:
    person = EmployeeFactory.build(email=EMAIL, first_name="Ann", department=world.bar)
    Employee.objects.bulk_create([person], update_conflicts=True, unique_fields=["email"], update_fields=["first_name"])


@case(keeps=OF_NO_EMPLOYEE)
def bulk_create_of_many_rows(world: World) -> None:
    Employee.objects.bulk_create(
        EmployeeFactory.build(email=NEW_EMAIL if number == 150 else f"p{number}@example.com", department=world.bar)
        for number in range(300)
    )


@case(keeps=BUT_AMY)
def bulk_update(world: World) -> None:
    world.amy.first_name = "Ann"
    Employee.objects.bulk_update([world.amy], ["first_name"])


@case(keeps=BUT_AMY - {"nobody"})
def bulk_update_a_watched_field(world: World) -> None:
    world.amy.email = NEW_EMAIL
    Employee.objects.bulk_update(iter([world.amy]), iter(["email", "first_name"]))


@case(keeps=BUT_AMY)
def bulk_update_by_the_base_manager(world: World) -> None:
    world.amy.first_name = "Ann"
    Employee._base_manager.bulk_update([world.amy], ["first_name"])


@case(keeps=OF_NO_EMPLOYEE)
def bulk_update_a_watched_field_by_the_base_manager(world: World) -> None:
    world.amy.email = NEW_EMAIL
    QuerySet(Employee).bulk_update([world.amy], ["email"])


@case(keeps=OF_NO_EMPLOYEE)
def bulk_update_with_an_expression_of_a_watched_field(world: World) -> None:
    world.amy.email = Concat(Value("new"), Value("@example.com"))  # type: ignore[assignment]
    Employee.objects.bulk_update([world.amy], ["email"])


@case(keeps={"amy", "bob", "nobody", "night", "day", "types", "skills_of_amy", "skills_of_bob", "hierarchy"})
def bulk_update_a_row_into_another_group(world: World) -> None:
    world.assignment.schedule = world.other_week
    ScheduleAssignment.objects.bulk_update([world.assignment], ["schedule"])


@case(keeps=OF_NO_EMPLOYEE)
def delete_a_queryset(world: World) -> None:
    Employee.objects.filter(email=EMAIL).delete()


@case(keeps=OF_NO_EMPLOYEE)
def delete_by_a_join(world: World) -> None:
    Employee.objects.filter(department__name="Kitchen").delete()


@case(keeps=OF_NO_EMPLOYEE)
def delete_without_collecting(world: World) -> None:
    ScheduleAssignment.objects.filter(employee=world.amy)._raw_delete(connection.alias)
    Employee.skills.through.objects.filter(employee=world.amy)._raw_delete(connection.alias)
    Employee.objects.filter(email=EMAIL)._raw_delete(connection.alias)


# -- relations -------------------------------------------------------------------------------------------------------

OF_NO_ASSIGNMENT = OF_EMPLOYEES | OF_NO_EMPLOYEE | {"hierarchy"}


@case(keeps=OF_NO_ASSIGNMENT)
def cascade(world: World) -> None:
    world.week.delete()


@case(keeps=OF_NO_ASSIGNMENT - {"night"})
def cascade_from_a_queryset(world: World) -> None:
    Shift.objects.filter(pk=world.night.pk).delete()


@case(keeps=OF_NO_EMPLOYEE)
def set_null(world: World) -> None:
    world.user.delete()


@case(keeps=OF_NO_ASSIGNMENT | {"other_week"})
def move_a_row_to_a_group_that_nobody_asked_for(world: World) -> None:
    elsewhere = ScheduleFactory(department=world.bar, version=2)
    ScheduleAssignment.objects.filter(pk=world.assignment.pk).update(schedule=elsewhere)


@case(keeps=OF_NO_ASSIGNMENT)
def move_a_row_between_two_groups(world: World) -> None:
    world.assignment.schedule = world.other_week
    world.assignment.save()


@case(keeps=OF_NO_ASSIGNMENT - {"night"} | {"other_week"})
def change_a_joined_row(world: World) -> None:
    Shift.objects.filter(pk=world.night.pk).update(code="N")


@case(keeps=OF_NO_ASSIGNMENT | {"week"})
def reverse_foreign_key_add(world: World) -> None:
    world.other_week.assignments.add(
        ScheduleAssignmentFactory.build(schedule=world.other_week, employee=world.amy, shift=world.day), bulk=False
    )


@case(keeps=OF_NO_ASSIGNMENT)
def reverse_foreign_key_add_in_bulk(world: World) -> None:
    world.other_week.assignments.add(world.assignment)


@case(keeps=OF_NO_ASSIGNMENT | {"week"})
def reverse_foreign_key_create(world: World) -> None:
    world.other_week.assignments.create(employee=world.amy, shift=world.night, date=world.other_week.week_end)


@case(keeps=OF_NO_ASSIGNMENT)
def reverse_foreign_key_set(world: World) -> None:
    world.other_week.assignments.set([world.assignment, world.other_assignment])


@case(keeps=OF_EMPLOYEES | {"types", "hierarchy"})
def reverse_foreign_key_remove(world: World) -> None:
    world.kitchen.shifts.remove(world.night)


@case(keeps=OF_EMPLOYEES | {"types", "hierarchy"})
def reverse_foreign_key_clear(world: World) -> None:
    world.kitchen.shifts.clear()


@case(keeps=OF_EMPLOYEES | {"types", "night", "day", "week", "other_week"})
def reverse_foreign_key_remove_from_a_tree(world: World) -> None:
    world.kitchen.children.remove(world.bar)


@case(keeps=BUT_AMY)
def many_to_many_add(world: World) -> None:
    world.amy.skills.add(world.other_skill)


@case(keeps=BUT_AMY)
def many_to_many_add_from_the_other_end(world: World) -> None:
    world.other_skill.employees.add(world.amy)


@case(keeps=BUT_AMY)
def many_to_many_create(world: World) -> None:
    world.amy.skills.create(name="Roasting")


@case(keeps=BUT_AMY)
def many_to_many_remove(world: World) -> None:
    world.amy.skills.remove(world.skill)


@case(keeps=BUT_AMY)
def many_to_many_remove_from_the_other_end(world: World) -> None:
    world.skill.employees.remove(world.amy)


@case(keeps=BUT_AMY)
def many_to_many_set(world: World) -> None:
    world.amy.skills.set([world.other_skill])


@case(keeps=BUT_AMY)
def many_to_many_set_from_the_other_end(world: World) -> None:
    world.other_skill.employees.set([world.amy])


@case(keeps=BUT_AMY)
def many_to_many_clear(world: World) -> None:
    world.amy.skills.clear()


@case(keeps=OF_NO_EMPLOYEE)
def many_to_many_clear_from_the_other_end(world: World) -> None:
    # The statement deletes by the skill: it does not say whose.
    world.skill.employees.clear()


@case(keeps=BUT_AMY)
def many_to_many_through_create(world: World) -> None:
    Employee.skills.through.objects.create(employee=world.amy, skill=world.other_skill)


@case(keeps=BUT_AMY)
def many_to_many_through_delete(world: World) -> None:
    Employee.skills.through.objects.filter(employee=world.amy).delete()


@case(keeps={"types"})
def many_to_many_cascade(world: World) -> None:
    world.skill.delete()


# -- the async ORM ---------------------------------------------------------------------------------------------------


def run(made: Awaitable[Any]) -> None:
    async def awaited() -> None:
        await made

    async_to_sync(awaited)()


@case(keeps=BUT_AMY)
def asave(world: World) -> None:
    world.amy.first_name = "Ann"
    run(world.amy.asave())


@case(keeps=BUT_AMY)
def aupdate(world: World) -> None:
    run(Employee.objects.filter(pk=world.amy.pk).aupdate(first_name="Ann"))


@case(keeps=OF_NO_EMPLOYEE)
def adelete(world: World) -> None:
    run(world.amy.adelete())


@case(keeps=BUT_NOBODY)
def acreate(world: World) -> None:
    run(Employee.objects.acreate(email=NEW_EMAIL, department=world.bar, employee_number="X"))


@case(keeps=BUT_NOBODY)
def abulk_create(world: World) -> None:
    run(Employee.objects.abulk_create([EmployeeFactory.build(email=NEW_EMAIL, department=world.bar)]))


@case(keeps=BUT_AMY - {"nobody"})
def abulk_update(world: World) -> None:
    world.amy.email = NEW_EMAIL
    run(Employee.objects.abulk_update([world.amy], ["email"]))


@case(keeps=BUT_NOBODY)
def aget_or_create(world: World) -> None:
    run(Employee.objects.aget_or_create(email=NEW_EMAIL, defaults={"department": world.bar, "employee_number": "X"}))


@case(keeps=BUT_AMY)
def aupdate_or_create(world: World) -> None:
    run(Employee.objects.aupdate_or_create(email=EMAIL, defaults={"first_name": "Ann"}))


@case(keeps=OF_NO_EMPLOYEE)
def adelete_of_a_queryset(world: World) -> None:
    run(Employee.objects.filter(email=EMAIL).adelete())


@case(keeps=OF_NO_EMPLOYEE)
def abulk_create_that_updates_conflicts(world: World) -> None:
    person = EmployeeFactory.build(email=EMAIL, first_name="Ann", department=world.bar)
    run(
        Employee.objects.abulk_create(
            [person], update_conflicts=True, unique_fields=["email"], update_fields=["first_name"]
        )
    )


@case(keeps=BUT_AMY)
def aadd_to_a_many_to_many(world: World) -> None:
    run(world.amy.skills.aadd(world.other_skill))


@case(keeps=BUT_AMY)
def aremove_from_a_many_to_many(world: World) -> None:
    run(world.amy.skills.aremove(world.skill))


@case(keeps=BUT_AMY)
def aclear_of_a_many_to_many(world: World) -> None:
    run(world.amy.skills.aclear())


@case(keeps=BUT_AMY)
def aset_of_a_many_to_many(world: World) -> None:
    run(world.amy.skills.aset([world.other_skill]))


# -- fixtures, migrations, the admin ---------------------------------------------------------------------------------


@case(keeps=BUT_AMY)
def deserialised_object(world: World) -> None:
    world.amy.first_name = "Ann"
    (row,) = deserialize("json", serialize("json", [world.amy]))
    row.save()


@case(keeps=BUT_AMY - {"nobody"})
def historical_model(world: World) -> None:
    """Write as RunPython does: with a model class of the migration's own state, which sends no signal of ours."""
    state = MigrationExecutor(connection).loader.project_state(("scheduling", "0001_initial"))
    historical: Any = state.apps.get_model("scheduling", "Employee")
    assert historical is not Employee
    row = historical.objects.get(pk=world.amy.pk)
    row.first_name = "Ann"
    row.save()
    historical.objects.filter(pk=world.amy.pk).update(email=NEW_EMAIL)


def migrate(operation: RunPython | RunSQL) -> None:
    """Run an operation as a migration does."""
    state = MigrationExecutor(connection).loader.project_state(("scheduling", "0001_initial"))
    with connection.schema_editor(atomic=operation.atomic or False) as editor:
        operation.database_forwards("scheduling", editor, state, state)


@case(keeps=BUT_AMY, atomic=False)
def migration_that_runs_python(world: World) -> None:
    def rename(apps: Any, editor: Any) -> None:
        apps.get_model("scheduling", "Employee").objects.filter(pk=world.amy.pk).update(first_name="Ann")

    migrate(RunPython(rename))


@case(keeps=OF_NO_EMPLOYEE, atomic=False)
def migration_that_runs_sql(world: World) -> None:
    migrate(RunSQL("UPDATE scheduling_employee SET first_name = 'Ann'; UPDATE scheduling_employee SET phone = '1';"))


@case(keeps=set(), atomic=False)
def flush_of_the_database(world: World) -> None:
    call_command("flush", interactive=False, verbosity=0, inhibit_post_migrate=True)


@case(keeps=BUT_AMY)
def admin_action(world: World) -> None:
    post_as_superuser(
        "/admin/scheduling/employee/", {"action": "archive", "_selected_action": [world.amy.pk], "index": 0}
    )


@case(keeps=OF_EMPLOYEES | {"day", "types", "hierarchy", "other_week"})
def admin_form(world: World) -> None:
    fields = {
        "name": "Night",
        "code": "N",
        "shift_type": world.shift_type.pk,
        "start_time": "22:00",
        "end_time": "6:00",
    }
    post_as_superuser(
        f"/admin/scheduling/shift/{world.night.pk}/change/",
        {
            **fields,
            "break_minutes": 0,
            "required_staff": 1,
            "active": "on",
            "assignments-TOTAL_FORMS": 0,
            "assignments-INITIAL_FORMS": 0,
        },
    )


def post_as_superuser(path: str, data: dict[str, Any]) -> None:
    from django.contrib.auth.models import User

    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    assert client.post(path, data).status_code == 302


# -- SQL -------------------------------------------------------------------------------------------------------------


def execute(sql: str, params: Any = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


@case(keeps=BUT_AMY)
def sql_of_the_form_of_the_compilers(world: World) -> None:
    sql = 'UPDATE "scheduling_employee" SET "first_name" = %s WHERE "scheduling_employee"."id" = %s'
    execute(sql, ["Ann", world.amy.pk])


@case(keeps=OF_NO_EMPLOYEE)
def sql_of_another_form(world: World) -> None:
    execute("update scheduling_employee set first_name = 'Ann' where id = %s", [world.amy.pk])


@case(keeps=OF_NO_EMPLOYEE)
def sql_that_sets_a_column_without_quotes(world: World) -> None:
    sql = 'UPDATE "scheduling_employee" SET email = %s WHERE "scheduling_employee"."id" = %s'
    execute(sql, [NEW_EMAIL, world.amy.pk])


@case(keeps=OF_NO_EMPLOYEE, marks=on_sqlite)
def sql_in_another_case(world: World) -> None:
    sql = 'UPDATE "SCHEDULING_EMPLOYEE" SET "First_Name" = %s WHERE "SCHEDULING_EMPLOYEE"."ID" = %s'
    execute(sql, ["Ann", world.amy.pk])


@case(keeps=OF_NO_EMPLOYEE)
def sql_with_a_comment_first(world: World) -> None:
    execute("/* SELECT */ -- why\n UPDATE scheduling_employee SET first_name = 'Ann'")


@case(keeps=OF_NO_EMPLOYEE)
def sql_with_a_common_table_expression(world: World) -> None:
    execute(
        "WITH these AS (SELECT id FROM scheduling_employee WHERE email = %s) "
        "UPDATE scheduling_employee SET first_name = 'Ann' WHERE id IN (SELECT id FROM these)",
        [EMAIL],
    )


@case(keeps=OF_NO_EMPLOYEE, marks=on_postgresql)
def sql_that_writes_inside_a_common_table_expression(world: World) -> None:
    execute("WITH a AS (UPDATE scheduling_employee SET first_name = 'Ann' RETURNING id) SELECT * FROM a")


@case(keeps=OF_NO_EMPLOYEE, marks=on_postgresql)
def sql_of_several_statements(world: World) -> None:
    execute("SELECT 1; UPDATE scheduling_employee SET first_name = 'Ann'; SELECT 2")


@case(keeps=OF_NO_EMPLOYEE, marks=on_postgresql)
def sql_of_several_statements_that_begins_with_a_savepoint(world: World) -> None:
    with transaction.atomic():
        execute("SAVEPOINT a; UPDATE scheduling_employee SET first_name = 'Ann'; RELEASE SAVEPOINT a")


@case(keeps=OF_NO_EMPLOYEE, marks=on_postgresql, atomic=False)
def sql_of_a_transaction_of_its_own(world: World) -> None:
    execute("BEGIN; UPDATE scheduling_employee SET first_name = 'Ann'; COMMIT")


@case(keeps=OF_NO_EMPLOYEE, marks=on_postgresql)
def sql_that_is_explained(world: World) -> None:
    execute("EXPLAIN ANALYZE UPDATE scheduling_employee SET first_name = 'Ann'")


@case(keeps=OF_NO_EMPLOYEE, marks=on_postgresql)
def sql_of_a_do_block(world: World) -> None:
    execute("DO $$ BEGIN UPDATE scheduling_employee SET first_name = 'Ann'; END $$")


@case(keeps=OF_NO_EMPLOYEE, marks=on_postgresql)
def sql_that_merges(world: World) -> None:
    execute(
        "MERGE INTO scheduling_employee e USING (SELECT 1) x ON e.email = %s "
        "WHEN MATCHED THEN UPDATE SET first_name = 'Ann'",
        [EMAIL],
    )


@case(keeps=OF_NO_EMPLOYEE, marks=on_postgresql)
def sql_that_the_driver_has_composed(world: World) -> None:
    from psycopg import sql

    execute(sql.SQL("UPDATE {} SET first_name = {}").format(sql.Identifier("scheduling_employee"), sql.Literal("Ann")))  # type: ignore[arg-type]


@case(keeps=set(), marks=on_postgresql)
def sql_that_truncates_with_cascade(world: World) -> None:
    execute("TRUNCATE auth_user CASCADE")


@case(keeps=OF_EMPLOYEES | {"night", "day", "hierarchy", "week", "other_week"}, marks=on_sqlite)
def sql_that_replaces(world: World) -> None:
    execute(
        "REPLACE INTO scheduling_shifttype (id, name, code, colour, active) VALUES (%s, 'Long', 'L', '', 1)",
        [world.shift_type.pk],
    )


@case(keeps=BUT_AMY)
def sql_of_executemany(world: World) -> None:
    sql = 'UPDATE "scheduling_employee" SET "first_name" = %s WHERE "scheduling_employee"."id" = %s'
    with connection.cursor() as cursor:
        cursor.executemany(sql, [("Ann", world.amy.pk)])


@case(keeps=BUT_AMY)
def sql_of_executemany_with_a_generator(world: World) -> None:
    sql = 'UPDATE "scheduling_employee" SET "first_name" = %s WHERE "scheduling_employee"."id" = %s'
    with connection.cursor() as cursor:
        cursor.executemany(sql, (parameters for parameters in [("Ann", world.amy.pk)]))


@case(keeps=OF_NO_EMPLOYEE)
def sql_of_executemany_of_another_form(world: World) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(
            "update scheduling_employee set first_name = %s where id = %s",
            (parameters for parameters in [("Ann", world.amy.pk)]),
        )


@case(keeps=OF_NO_EMPLOYEE)
def sql_with_named_parameters(world: World) -> None:
    execute(
        "UPDATE scheduling_employee SET first_name = %(name)s WHERE id = %(id)s", {"name": "Ann", "id": world.amy.pk}
    )


@case(keeps=OF_EMPLOYEES | {"night", "day", "hierarchy", "week", "other_week"})
def sql_that_gives_a_boolean_as_text(world: World) -> None:
    execute("UPDATE scheduling_shifttype SET active = '0' WHERE id = %s", [world.shift_type.pk])


@pytest.mark.usefixtures("no_collisions")
class EveryWriteTests:
    @pytest.mark.parametrize(("write", "keeps", "atomic"), CASES)
    @pytest.mark.parametrize("wrapped", [False, True], ids=["autocommit", "atomic"])
    def test_is_seen_by_the_caller_and_by_others(
        self, world: World, write: Write, keeps: set[str], atomic: bool, wrapped: bool
    ) -> None:
        reads = world.reads()
        before = world.warm()
        if wrapped:
            if not atomic:
                return
            with transaction.atomic():
                write(world)
                assert read_all(reads) == truth(reads)
        else:
            write(world)

        kept = {name for name, read in reads.items() if not asks_the_database(read)}
        expected = truth(reads)
        assert read_all(reads) == expected
        assert in_thread(lambda: read_all(reads)) == expected
        assert expected != before
        assert keeps - kept == set(), "dropped without need"
        assert {name for name in reads if expected[name] != before[name]} & kept == set()


class FixtureTests:
    def test_that_is_loaded_is_seen(self, world: World, tmp_path: Path) -> None:
        world.amy.first_name = "Ann"
        fixture = tmp_path / "amy.json"
        fixture.write_text(serialize("json", [world.amy]))
        world.warm()
        call_command("loaddata", str(fixture), verbosity=0)
        assert world.reads()["amy"]()["first_name"] == "Ann"
        assert in_thread(world.reads()["amy"])["first_name"] == "Ann"


class UnseenWriteTests:
    """What no statement shows is named in the docs; after it, ``invalidate()`` tells."""

    @on_sqlite
    def test_of_a_script_is_told_by_the_caller(self, world: World) -> None:
        world.warm()
        with connection.cursor() as cursor:
            cursor.executescript("UPDATE scheduling_employee SET first_name = 'Ann'")
        invalidate(Employee)
        assert read_all(world.reads()) == truth(world.reads())

    @on_postgresql
    def test_of_a_copy_is_told_by_the_caller(self, world: World) -> None:
        assert ShiftType.objects.active()
        with (
            connection.cursor() as cursor,
            cursor.copy("COPY scheduling_shifttype (name, code, colour, active) FROM STDIN") as copy,
        ):
            copy.write_row(("Copied", "", "", True))
        invalidate(ShiftType)
        assert "Copied" in [found.name for found in ShiftType.objects.active()]

    def test_of_one_row_is_told_exactly(self, world: World) -> None:
        world.warm()
        invalidate(world.amy)
        kept = world.kept()
        assert kept >= BUT_AMY
        assert not kept & {"amy", "week", "hierarchy", "skills_of_amy"}


class ManualSignalTests:
    def test_counts_as_a_write(self, world: World) -> None:
        world.warm()
        receivers.on_save(world.amy, using=connection.alias)
        assert "amy" not in world.kept()

    def test_counts_as_a_write_also_after_a_statement_on_the_same_row(self, world: World) -> None:
        Employee.objects.filter(pk=world.amy.pk).update(email=EMAIL)
        world.warm()
        # For a write that nobody saw, made since.
        receivers.on_save(world.amy, using=connection.alias)
        assert "amy" not in world.kept()


@pytest.fixture
def clubs(watching: Callable[..., None]) -> Iterator[None]:
    """Tables of models with parents, watched."""
    made = (Place, Society, Club, ClubWithTwoParents)
    with tables_of(made):
        for model in (Club, ClubWithTwoParents):
            watching(model, by=("name",))
        yield


@pytest.mark.usefixtures("clubs")
class MultiTableInheritanceTests:
    """A row of a child is a row of its parents too."""

    def read(self, model: type[Any], pk: int) -> Any:
        return cache_manager.get_or_load(
            "general",
            f"row:{model.__name__}:{pk}",
            lambda: model.objects.filter(pk=pk).first(),
            depends_on=[model(pk=pk)],
        )

    def test_sees_a_save_of_the_child(self) -> None:
        club = Club.objects.create(name="Chess", members=1)
        assert self.read(Place, club.pk).name == "Chess"
        assert self.read(Club, club.pk).members == 1
        club.name, club.members = "Go", 2
        club.save()
        assert self.read(Place, club.pk).name == "Go"
        assert self.read(Club, club.pk).members == 2

    def test_sees_a_write_to_the_parent(self) -> None:
        club = Club.objects.create(name="Chess", members=1)
        assert self.read(Club, club.pk).name == "Chess"
        Place.objects.filter(pk=club.pk).update(name="Go")
        assert self.read(Club, club.pk).name == "Go"
        Place.objects.update(name="Bridge")
        assert self.read(Club, club.pk).name == "Bridge"

    def test_sees_an_update_of_a_field_of_the_parent_through_the_child(self) -> None:
        club = Club.objects.create(name="Chess", members=1)
        assert self.read(Place, club.pk).name == "Chess"
        Club.objects.filter(members=1).update(name="Go", members=3)
        assert self.read(Place, club.pk).name == "Go"
        assert self.read(Club, club.pk).members == 3

    def test_sees_a_bulk_update_of_a_field_of_the_parent(self) -> None:
        club = Club.objects.create(name="Chess", members=1)
        assert self.read(Place, club.pk).name == "Chess"
        club.name = "Go"
        Club.objects.bulk_update([club], ["name"])
        assert self.read(Place, club.pk).name == "Go"
        assert self.read(Club, club.pk).name == "Go"

    def test_sees_a_delete_of_the_child_and_of_the_parent(self) -> None:
        one, two = Club.objects.create(name="Chess", members=1), Club.objects.create(name="Go", members=1)
        assert self.read(Club, one.pk) and self.read(Place, one.pk) and self.read(Club, two.pk)  # noqa: PT018
        gone = one.pk
        one.delete()
        assert self.read(Club, gone) is None
        assert self.read(Place, gone) is None
        pk = two.pk
        two.delete(keep_parents=True)
        assert self.read(Club, pk) is None
        assert self.read(Place, pk).name == "Go"

    def test_keeps_the_rows_beside(self) -> None:
        one, two = Club.objects.create(name="Chess", members=1), Club.objects.create(name="Go", members=1)
        self.read(Club, one.pk)
        self.read(Club, two.pk)
        one.save()
        assert not asks_the_database(lambda: self.read(Club, two.pk))

    def test_sees_a_write_to_a_second_parent_whose_key_is_another(self) -> None:
        Society.objects.create(title="First")
        both = ClubWithTwoParents.objects.create(name="Chess", title="Chess society")
        assert both.society_ptr_id != both.pk
        assert self.read(ClubWithTwoParents, both.pk).title == "Chess society"
        Society.objects.filter(pk=both.society_ptr_id).update(title="Go society")
        assert self.read(ClubWithTwoParents, both.pk).title == "Go society"


class WatchedFieldTests:
    """A value has one tag, however it is spelled."""

    def test_of_moments_is_refused_or_followed(self, watching: Callable[..., None], world: World) -> None:
        import datetime

        from django.contrib.auth.models import User
        from django.utils import timezone

        from caching import rows_where

        moment = datetime.datetime(2026, 3, 1, 12, tzinfo=datetime.UTC)
        try:
            watching(User, by=("last_login",))
        except NotWatched:
            return

        def last_seen() -> list[str]:
            return list(User.objects.filter(last_login=moment).values_list("username", flat=True))

        def read() -> Any:
            return cache_manager.get_or_load(
                "general", "seen:1", last_seen, depends_on=[rows_where(User, last_login=moment)]
            )

        assert read() == []
        elsewhere = moment.astimezone(timezone.get_fixed_timezone(60))
        User.objects.filter(pk=world.user.pk).update(last_login=elsewhere)
        assert read() == ["amy"]

    @pytest.mark.parametrize("spelling", [True, 1])
    def test_of_booleans_is_one_for_true_and_1(
        self, watching: Callable[..., None], world: World, spelling: Any
    ) -> None:
        from caching import rows_where

        watching(ShiftType, by=("active",))
        ShiftType.objects.update(active=False)

        def read() -> Any:
            return cache_manager.get_or_load(
                "general",
                "active:1",
                lambda: ShiftType.objects.filter(active=True).count(),
                depends_on=[rows_where(ShiftType, active=spelling)],
            )

        assert read() == 0
        sql = 'UPDATE "scheduling_shifttype" SET "active" = %s WHERE "scheduling_shifttype"."id" = %s'
        execute(sql, [1 if connection.vendor == "sqlite" else True, world.shift_type.pk])
        assert read() == 1


def _connect_if_needed(self: BaseDatabaseWrapper) -> None:
    if self.connection is None:
        self.connect()


@pytest.fixture
def second_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A second SQLite database with a table of shift types."""
    # A test may not connect to what it has not declared, and this one does not exist when it is declared.
    monkeypatch.setattr(BaseDatabaseWrapper, "ensure_connection", _connect_if_needed)
    connections.settings["second"] = {
        **connections["default"].settings_dict,
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(tmp_path / "second.sqlite3"),
        "OPTIONS": {},
    }
    try:
        with connections["second"].schema_editor() as editor:
            editor.create_model(ShiftType)
        yield "second"
    finally:
        connections["second"].close()
        del connections["second"]
        del connections.settings["second"]


class SeveralDatabasesTests:
    def test_a_write_to_any_of_them_is_seen(self, world: World, second_database: str) -> None:
        assert len(ShiftType.objects.active()) == 1
        ShiftType.objects.using(second_database).create(name="Elsewhere")
        assert len(ShiftType.objects.active()) == 1
        world.shift_type.code = "L"
        world.shift_type.save()
        assert ShiftType.objects.active()[0].code == "L"

    def test_rows_of_another_database_are_not_stored(self, second_database: str) -> None:
        row = ShiftType.objects.using(second_database).create(name="Elsewhere")

        def read() -> Any:
            return cache_manager.get_or_load(
                "general", "elsewhere:1", lambda: ShiftType.objects.using(second_database).get(pk=row.pk)
            )

        assert read().name == "Elsewhere"
        assert read()._state.db == second_database
        with connections[second_database].cursor() as cursor:
            cursor.execute("UPDATE scheduling_shifttype SET name = 'Changed'")
        assert read().name == "Changed"

    def test_what_is_open_in_one_is_not_published_by_a_commit_in_the_other(
        self, world: World, second_database: str
    ) -> None:
        before = ShiftType.objects.active()[0].code
        with transaction.atomic():
            ShiftType.objects.filter(pk=world.shift_type.pk).update(code="L")
            with transaction.atomic(using=second_database):
                ShiftType.objects.using(second_database).create(name="Elsewhere")
            assert in_thread(lambda: ShiftType.objects.active()[0].code) == before
            assert ShiftType.objects.active()[0].code == "L"
        assert in_thread(lambda: ShiftType.objects.active()[0].code) == "L"
        assert ShiftType.objects.active()[0].code == "L"

    def test_a_rollback_in_one_leaves_what_is_open_in_the_other(self, world: World, second_database: str) -> None:
        ShiftType.objects.active()
        with transaction.atomic():
            ShiftType.objects.filter(pk=world.shift_type.pk).update(code="L")
            with transaction.atomic(using=second_database):
                ShiftType.objects.using(second_database).create(name="Elsewhere")
                transaction.set_rollback(True, using=second_database)
            assert ShiftType.objects.active()[0].code == "L"
        assert ShiftType.objects.active()[0].code == "L"
