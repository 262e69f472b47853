"""Scenarios on the Redis store: most of the others once more, and what befalls its server and the network."""

from __future__ import annotations

from dataclasses import replace

from .database import save
from .questions import assignments_with_people
from .redis_stores import SteppedRedis, StrictFarRedis
from .staging import ADA, AMY, AMYS, ANN, NIGHT, SCENARIOS, in_a_transaction, in_autocommit, reading, scenario
from .stores import INTENT_SECONDS, SteppedGenerations
from .world import Client, World

OF_ONE_HOST = ("the_file_is_deleted", "the_file_is_deleted_and_noticed_at_different_moments")
OF_A_SLOT = ("a_deadline_within_a_millisecond",)


def repeat_in_redis() -> None:
    """Declare every scenario that makes sense there once more, on the Redis store."""
    for name, one in list(SCENARIOS.items()):
        if one.store is SteppedGenerations and name not in (*OF_ONE_HOST, *OF_A_SLOT):
            other = f"{name}_in_redis"
            SCENARIOS[other] = replace(
                one, name=other, store=SteppedRedis, preemptions_in_tests=0, preemptions_in_proof=1
            )


REDIS = {"store": SteppedRedis, "preemptions_in_tests": 1, "preemptions_in_proof": 2}


@scenario("web", "writer", **REDIS)
def a_joined_row_that_redis_does_not_know(world: World) -> None:
    """A list is read with a row that nobody has asked for before, while that row is saved."""
    world.reset([AMY, NIGHT])
    world.actor("reader", "web", reading(assignments_with_people(7), assignments_with_people(7)))
    world.actor("writer", "writer", in_autocommit(save(ANN)))
    world.in_the_end(assignments_with_people(7))


@scenario("web", "writer", "other", **REDIS | {"preemptions_in_tests": 0, "preemptions_in_proof": 1})
def redis_evicts_what_is_pending(world: World) -> None:
    """Marks and generations are evicted at any moment; the lists of intents stay."""
    world.reset([AMY])
    world.actor("reader", "web", reading(AMYS, AMYS))
    world.actor("writer", "writer", in_a_transaction(save(ANN)))
    world.actor("other", "other", in_autocommit(save(ADA)))
    world.fault("eviction", world.redis("evict"))
    world.in_the_end(AMYS)


@scenario("web", "writer", **REDIS)
def redis_is_flushed(world: World) -> None:
    """FLUSHALL at any moment: a reader may keep the old row until the end of a COMMIT that was under way."""
    world.reset([AMY])
    world.actor("reader", "web", reading(AMYS, AMYS))
    world.actor("writer", "writer", in_a_transaction(save(ANN)))
    world.fault("FLUSHALL", world.redis("flush"))
    world.in_the_end(AMYS)


@scenario("web", "other", **REDIS | {"preemptions_in_tests": 0, "preemptions_in_proof": 1})
def redis_restarts_empty(world: World) -> None:
    """The server comes back at once, with nothing; a process sees its own writes all the time."""
    world.reset([AMY])
    world.actor("reader", "web", reading(AMYS, AMYS))
    world.actor("writer", "web", in_a_transaction(save(ANN)))
    world.fault("a restart", world.redis("restart"))
    world.keeper("web")
    world.in_the_end(AMYS)


@scenario("web", "other", **REDIS | {"preemptions_in_tests": 0, "preemptions_in_proof": 1})
def redis_is_cut_off_and_comes_back(world: World) -> None:
    """A process is cut off, writes on, and comes back while it does; it sees its own writes all the time."""
    world.reset([AMY])
    world.actor("reader", "web", reading(AMYS, AMYS))
    world.actor("writer", "web", in_a_transaction(save(ANN)))
    world.fault("the network", world.redis("cut", "web"), world.redis("mend"))
    world.keeper("web", looks=2)
    world.in_the_end(AMYS)


@scenario("web", "writer", **REDIS | {"preemptions_in_proof": 1})
def redis_comes_back_with_something_in_the_outbox(world: World) -> None:
    """Both are cut off; one writes, and may be killed at any step; the other trusts the server again and reads."""
    world.reset([AMY])
    world.excuses_degraded = True

    def reads_again(client: Client) -> None:
        client.read(AMYS)
        world.redis("cut", "web", "writer")()
        world.scheduler.step("the writer has ended", when=lambda: writer.done or writer.killed)
        world.redis("mend")()
        client.read(AMYS)
        client.read(AMYS)

    world.actor("reader", "web", reads_again)
    reader = world.actors[-1]

    def writes(client: Client) -> None:
        world.scheduler.step("all are cut off", when=lambda: "web" in world.server.unreachable_from)
        in_a_transaction(save(ANN))(client)

    world.actor("writer", "writer", writes)
    writer = world.actors[-1]
    world.fault("kill -9 writer", world.kills("writer"))
    world.actors[-1].when = lambda: "web" in world.server.unreachable_from or reader.done
    world.keeper("web", looks=2)
    world.in_the_end(AMYS)


@scenario("web", "writer", **REDIS | {"store": StrictFarRedis, "preemptions_in_tests": 0})
def redis_on_another_host(world: World) -> None:
    """Pushes are on their way for a while; STRICT asks before each read, and what was pushed before comes first."""
    world.reset([AMY])
    world.actor("reader", "web", reading(AMYS, AMYS))
    world.actor("writer", "writer", in_a_transaction(save(ANN)))
    world.fault("the network delivers", world.redis("deliver"))
    world.in_the_end(AMYS)


@scenario("web", "writer", **REDIS)
def a_writer_is_killed_in_redis_and_its_intent_expires(world: World) -> None:
    """kill -9 at any step, and the deadline at any moment after it."""
    world.reset([AMY])
    world.actor("reader", "web", reading(AMYS, AMYS))
    world.actor("writer", "writer", in_autocommit(save(ANN)))
    world.fault("kill -9 writer, then 30 s", world.kills("writer"), world.ticks(INTENT_SECONDS))
    world.in_the_end(AMYS)
