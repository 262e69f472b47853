"""Who reads and who writes what. A scenario sets the scene anew for every run."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from scheduling.models import Employee

from . import (
    faults,  # noqa: F401 (declares its scenarios)
    faults_in_redis,
    loads,  # noqa: F401 (declares its scenarios)
)
from .database import EMPLOYEE, Refused, delete, insert, rename_everybody, save
from .questions import EVERYBODY, GET_AND_SET, assignments, assignments_with_people, by_email, by_id
from .staging import ADA, AMY, AMYS, ANN, BOB, DAY, NIGHT, SCENARIOS, in_a_transaction, in_autocommit, reading, scenario
from .world import Client, World

__all__ = ["COMPARED", "SCENARIOS"]

COMPARED = (
    *("two_writers_of_one_row", "threads_of_one_process", "the_file_is_deleted"),
    *("two_writers_of_one_row_in_redis", "threads_of_one_process_in_redis", "redis_is_flushed"),
    "redis_on_another_host",
)
"""The scenarios in which it is tested, without preemptions, that states that are taken for one have one future."""

# -- writes ----------------------------------------------------------------------------------------------------------


@scenario("web", "writer", "other")
def two_writers_of_one_row(world: World) -> None:
    """A row by its address, saved by one process in a transaction and by another in autocommit."""
    world.reset([AMY])
    world.actor("reader", "web", reading(AMYS, AMYS))
    world.actor("writer", "writer", in_a_transaction(save(ANN)))
    world.actor("other", "other", in_autocommit(save(ADA)))
    world.in_the_end(AMYS)


@scenario("web", "writer")
def threads_of_one_process(world: World) -> None:
    """Two threads share a local tier and miss the same key: one loads, the other waits for it."""
    world.reset([AMY])
    world.actor("reader 1", "web", reading(AMYS))
    world.actor("reader 2", "web", reading(AMYS))
    world.actor("writer", "writer", in_a_transaction(save(ANN)))
    world.in_the_end(AMYS)


@scenario("web", "worker", "writer")
def an_address_changes_hands(world: World) -> None:
    """Amy gives her e-mail address to Bob; two processes look both addresses up."""
    world.reset([AMY, BOB])
    new = by_email("amy.adams@example.com")
    world.actor("reader 1", "web", reading(AMYS))
    world.actor("reader 2", "worker", reading(new))
    world.actor(
        "writer", "writer", in_a_transaction(save(AMY._replace(email=new.value)), save(BOB._replace(email=AMY.email)))
    )
    world.in_the_end(by_email(AMY.email), by_email(BOB.email), new)


@scenario("web", "worker", "writer", "other", preemptions_in_tests=0, preemptions_in_proof=1)
def nobody_has_this_key_yet(world: World) -> None:
    """ "Nobody" is cached for an address and for a key; a row with both is inserted, and one is deleted."""
    world.reset([AMY])
    world.actor("reader 1", "web", reading(by_email(BOB.email)))
    world.actor("reader 2", "worker", reading(by_id(2), by_id(1)))
    world.actor("writer", "writer", in_autocommit(insert(BOB)))
    world.actor("other", "other", in_a_transaction(delete(EMPLOYEE, 1)))
    world.in_the_end(by_email(BOB.email), by_id(2), by_id(1))


@scenario("web", "worker", "writer", "other", preemptions_in_tests=0, preemptions_in_proof=2)
def a_row_moves_and_a_stale_instance_is_saved_over_it(world: World) -> None:
    """An assignment moves to another schedule; an instance that was loaded before is saved and moves it back."""
    world.reset([NIGHT])
    world.actor("reader 1", "web", reading(assignments(7)))
    world.actor("reader 2", "worker", reading(assignments(8)))
    world.actor("writer", "writer", in_a_transaction(save(NIGHT._replace(schedule_id=8))))
    world.actor("other", "other", in_autocommit(save(NIGHT._replace(notes="late night"))))
    world.in_the_end(assignments(7), assignments(8))


@scenario("web", "writer", "other", preemptions_in_tests=0)
def two_rows_of_one_list(world: World) -> None:
    """Two writers change different rows of one list: they share the tag of the list's value."""
    world.reset([NIGHT, DAY])
    world.actor("reader", "web", reading(assignments(7), assignments(7)))
    world.actor("writer", "writer", in_a_transaction(save(NIGHT._replace(notes="late"))))
    world.actor("other", "other", in_a_transaction(save(DAY._replace(notes="early"))))
    world.in_the_end(assignments(7))


@scenario("web", "worker", "writer", "other", preemptions_in_tests=0, preemptions_in_proof=2)
def an_update_of_unknown_rows(world: World) -> None:
    """An update() whose rows only the database knows, and a save; a list of all rows, and a row by its key."""
    world.reset([AMY, BOB])
    world.actor("reader 1", "web", reading(AMYS))
    world.actor("reader 2", "worker", reading(EVERYBODY))
    world.actor("writer", "writer", in_autocommit(rename_everybody("N", (1, 2))))
    world.actor("other", "other", in_autocommit(save(BOB._replace(email="bo@example.com"))))
    world.in_the_end(AMYS, EVERYBODY)


@scenario("web", "writer", "other", preemptions_in_tests=0)
def a_joined_row(world: World) -> None:
    """A list with the employee of each row joined to it; both are saved."""
    world.reset([AMY, NIGHT])
    world.actor("reader", "web", reading(assignments_with_people(7), assignments_with_people(7)))
    world.actor("writer", "writer", in_a_transaction(save(ANN)))
    world.actor("other", "other", in_autocommit(save(NIGHT._replace(notes="late night"))))
    world.in_the_end(assignments_with_people(7))


@scenario("web", "writer")
def get_then_set(world: World) -> None:
    """The classic idiom: get(), load, set()."""
    world.reset([AMY])
    world.actor("reader", "web", reading(GET_AND_SET, GET_AND_SET))
    world.actor("writer", "writer", in_a_transaction(save(ANN)))
    world.in_the_end(GET_AND_SET)


# -- transactions ----------------------------------------------------------------------------------------------------


@scenario("web", "other", preemptions_in_tests=0, preemptions_in_proof=1)
def own_writes_savepoints_and_callbacks(world: World) -> None:
    """A transaction reads before and after its writes, a savepoint is undone, a callback reads after the COMMIT."""
    world.reset([AMY, BOB])

    def body(client: Client) -> None:
        client.connection.on_commit(lambda: client.read(AMYS))
        with client.atomic():
            client.read(AMYS)
            with client.savepoint():
                client.execute(save(ADA))
                client.read(AMYS, by_email(BOB.email))
                raise Refused
            client.execute(save(ANN))
            client.read(AMYS)

    world.actor("writer", "web", body)
    world.actor("reader", "web", reading(AMYS, AMYS))
    world.actor("other", "other", in_autocommit(save(BOB._replace(first_name="Bo"))))
    world.in_the_end(AMYS, by_email(BOB.email))


@scenario("web", "other", preemptions_in_tests=0, preemptions_in_proof=2)
def a_preview_is_rolled_back(world: World) -> None:
    """What a transaction has read of its own writes is gone after the rollback, and must not be in the cache."""
    world.reset([AMY, BOB, NIGHT])

    def body(client: Client) -> None:
        with suppress(Refused), client.atomic():
            client.execute(save(ANN))
            client.read(AMYS, by_email(BOB.email), assignments_with_people(7))
            raise Refused
        client.read(AMYS)

    world.actor("writer", "web", body)
    world.actor("reader", "web", reading(AMYS))
    world.actor("other", "other", in_autocommit(save(BOB._replace(first_name="Bo"))))
    world.in_the_end(AMYS, by_email(BOB.email), assignments_with_people(7))


@scenario("web")
def a_preview_between_get_and_set(world: World) -> None:
    """A value that is loaded from writes which are then rolled back, and set() afterwards."""
    world.reset([AMY])

    def body(client: Client) -> None:
        process = client.world.process
        process.manager.get("employee", "everybody:by_hand")
        with suppress(Refused), client.atomic():
            client.execute(save(ANN))
            found = client.world.load_everybody()
            raise Refused
        process.manager.set("employee", "everybody:by_hand", found)

    world.actor("writer", "web", body)
    world.in_the_end(GET_AND_SET)


@scenario("web")
def a_preview_inside_a_load(world: World) -> None:
    """The same inside the load of a get_or_load()."""
    world.reset([AMY])

    def body(client: Client) -> None:
        def load() -> list[Any]:
            with suppress(Refused), client.atomic():
                client.execute(save(ANN))
                found = client.world.load_everybody()
                raise Refused
            return found

        client.world.process.manager.get_or_load("employee", "everybody:all", load, depends_on=[Employee])

    world.actor("writer", "web", body)
    world.in_the_end(EVERYBODY)


@scenario("web", "other")
def a_statement_fails_half_way(world: World) -> None:
    """A statement reports an error after it has changed a row, and its transaction is committed nevertheless."""
    world.reset([AMY])

    def body(client: Client) -> None:
        with client.atomic(), suppress(Refused):
            client.execute(save(ANN)._replace(fails=True))

    world.actor("writer", "other", body)
    world.actor("reader", "web", reading(AMYS, AMYS))
    world.in_the_end(AMYS)


@scenario("web", "other", preemptions_in_tests=0)
def a_transaction_reads_from_a_snapshot(world: World) -> None:
    """Under REPEATABLE READ a load may return what was committed long ago: it is returned, and not stored."""
    world.reset([AMY, BOB])

    def body(client: Client) -> None:
        with client.atomic():
            client.read(by_id(2), AMYS)

    world.actor("snapshot", "web", body, isolation="repeatable read")
    world.actor("reader", "web", reading(AMYS))
    world.actor("writer", "other", in_a_transaction(save(ANN)))
    world.in_the_end(AMYS, by_id(2))


# -- on the other store ----------------------------------------------------------------------------------------------

faults_in_redis.repeat_in_redis()
