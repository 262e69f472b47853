"""The scenarios in which loads are shared, or nobody waits for them: renewals, refills, one load for all processes."""

from __future__ import annotations

from caching.reading.loading import load_anew

from .database import save
from .staging import ADA, AMY, AMYS, ANN, in_a_transaction, in_autocommit, reading, scenario
from .world import Client, World


def _renews(client: Client) -> None:
    """Do what a thread in the background does when the renewal of an entry is due."""
    lookup = client.world.process.lookups["email"]
    key = lookup.key(AMY.email)
    load_anew(lookup.kind, key, lambda: lookup._load(AMY.email), lambda: lookup.dependencies(AMY.email), None)


@scenario("web", "writer", "other", preemptions_in_proof=2)
def a_row_is_renewed_while_it_is_read_and_written(world: World) -> None:
    """One thread serves what is held and another renews it, while two processes write the row."""
    world.reset([AMY])
    world.actor("reader", "web", reading(AMYS, AMYS))
    world.actor("renewal", "web", _renews)
    world.actor("writer", "writer", in_a_transaction(save(ANN)))
    world.actor("other", "other", in_autocommit(save(ADA)))
    world.in_the_end(AMYS)


@scenario("web", "worker", "writer", preemptions_in_proof=2)
def one_load_for_two_processes(world: World) -> None:
    """Two processes miss the same row: one loads it, the other waits and takes it, while a third writes it."""
    world.reset([AMY])
    world.share()
    world.actor("reader 1", "web", reading(AMYS))
    world.actor("reader 2", "worker", reading(AMYS))
    world.actor("writer", "writer", in_a_transaction(save(ANN)))
    world.in_the_end(AMYS)


@scenario("web", "worker", preemptions_in_proof=2)
def the_loader_of_all_is_killed(world: World) -> None:
    """kill -9 of the process that loads for the others: its lease ends, and another one loads."""
    world.reset([AMY])
    world.share()
    world.actor("reader 1", "web", reading(AMYS))
    world.actor("reader 2", "worker", reading(AMYS))
    world.kill("web")
    world.in_the_end(AMYS)


@scenario("writer", "other")
def the_writer_refills_the_shared_tier(world: World) -> None:
    """The process of a writer loads the row anew for all, while another process writes it too and reads it then."""
    world.reset([AMY])
    world.share(refills="writer")
    world.actor("writer", "writer", in_a_transaction(save(ANN)))
    world.background("writer")
    world.actor("other", "other", in_autocommit(save(ADA)))
    world.in_the_end(AMYS)


@scenario("web", "writer", preemptions_in_proof=2)
def loads_are_polls_beside_a_write(world: World) -> None:
    """Two threads load a row that Django writes meanwhile: what it has written is no drift."""
    world.reset([AMY])
    world.processes["web"].learn()
    world.actor("reader", "web", reading(AMYS, AMYS))
    world.actor("renewal", "web", _renews)
    world.actor("writer", "writer", in_a_transaction(save(ANN)))
    world.in_the_end(AMYS)
