"""The scenarios in which something breaks: a writer is killed, the clock passes a deadline, the file is deleted."""

from __future__ import annotations

from contextlib import suppress

from .database import AnswerLost, save
from .staging import ADA, AMY, AMYS, ANN, in_a_transaction, in_autocommit, reading, scenario
from .stores import INTENT_SECONDS, WordByWord
from .world import Client, World


@scenario("web", "writer", "other", preemptions_in_tests=0, preemptions_in_proof=2)
def a_writer_is_killed(world: World) -> None:
    """kill -9 at any step of one of two writers; its intents expire, and then everything is cached again."""
    world.reset([AMY])
    world.actor("reader", "web", reading(AMYS, AMYS))
    world.actor("writer", "writer", in_a_transaction(save(ANN)))
    world.actor("other", "other", in_autocommit(save(ADA)))
    world.kill("writer")
    world.in_the_end(AMYS)


@scenario("web", "writer")
def a_writer_is_killed_and_its_intent_expires(world: World) -> None:
    """The same with a clock that may reach the deadline at any moment after the kill."""
    world.reset([AMY])
    world.actor("reader", "web", reading(AMYS, AMYS))
    world.actor("writer", "writer", in_a_transaction(save(ANN)))
    world.fault("kill -9 writer, then 30 s", world.kills("writer"), world.ticks(INTENT_SECONDS))
    world.in_the_end(AMYS)


@scenario("web", "writer", "other", preemptions_in_tests=0, preemptions_in_proof=2)
def a_commit_lands_after_its_intent_has_expired(world: World) -> None:
    """The clock passes the deadline at any moment, also between begin and COMMIT; another writer begins then."""
    world.reset([AMY])
    world.actor("writer", "writer", in_a_transaction(save(ANN)))
    world.fault("the clock: 30 s", world.ticks(INTENT_SECONDS))
    world.actor("other", "other", in_autocommit(save(ADA)))
    world.actor("reader", "web", reading(AMYS, AMYS))
    world.in_the_end(AMYS)


@scenario("web", "writer", "other", preemptions_in_tests=0, preemptions_in_proof=2)
def a_deadline_within_a_millisecond(world: World) -> None:
    """The same with a clock that stops in the last millisecond of the deadline: nobody may round it in another way."""
    world.reset([AMY])
    world.actor("writer", "writer", in_a_transaction(save(ANN)))
    world.fault("the clock: 29.9996 s", world.ticks(INTENT_SECONDS - 0.0004))
    world.actor("other", "other", in_autocommit(save(ADA)))
    world.actor("reader", "web", reading(AMYS, AMYS))
    world.in_the_end(AMYS)


@scenario("web", "writer")
def the_answer_to_a_commit_is_lost(world: World) -> None:
    """The client gives up; the server commits some time later."""
    world.reset([AMY])

    def body(client: Client) -> None:
        client.connection.lose_the_answer()
        with suppress(AnswerLost):
            in_a_transaction(save(ANN))(client)

    world.actor("reader", "web", reading(AMYS, AMYS))
    connection = world.actor("writer", "writer", body)
    world.server_commits(connection)
    world.in_the_end(AMYS)


@scenario("web", "writer", preemptions_in_tests=0, preemptions_in_proof=2)
def the_file_is_deleted(world: World) -> None:
    """The file of the generations is deleted under way; a second later everything is right again."""
    world.reset([AMY])
    world.actor("reader", "web", reading(AMYS, AMYS))
    world.actor("writer", "writer", in_a_transaction(save(ANN)))
    world.fault("the file is deleted, then 1 s", world.deletes_the_file, world.ticks(1.0))
    world.in_the_end(AMYS)


@scenario("web", "writer", preemptions_in_tests=0, preemptions_in_proof=2)
def the_file_is_deleted_and_noticed_at_different_moments(world: World) -> None:
    """The processes look at different moments: one has the new file already when the other writes."""
    world.reset([AMY])
    world.processes["writer"].store.look_later(0.5)
    world.actor("reader", "web", reading(AMYS, AMYS))
    world.actor("writer", "writer", in_a_transaction(save(ANN)))
    world.fault("the file is deleted, then 0.6 s", world.ticks(0.5), world.deletes_the_file, world.ticks(0.6))
    world.in_the_end(AMYS)


# -- word by word ----------------------------------------------------------------------------------------------------


@scenario("web", "writer", store=WordByWord)
def every_word_and_the_epoch(world: World) -> None:
    """A reader has found in an epoch that its entry holds, and relies on that while a writer is at work."""
    world.reset([AMY])
    world.before("web", AMYS, AMYS)
    world.actor("reader", "web", reading(AMYS, AMYS))
    world.actor("writer", "writer", in_a_transaction(save(ANN)))
    world.in_the_end(AMYS)


@scenario("web", "writer", store=WordByWord)
def every_word_of_the_file(world: World) -> None:
    """A reader without a lock sees each word that a writer changes, also of one that is killed half-way."""
    world.reset([AMY])
    world.actor("reader", "web", reading(AMYS, AMYS))
    world.actor("writer", "writer", in_a_transaction(save(ANN)))
    world.kill("writer")
    world.in_the_end(AMYS)
