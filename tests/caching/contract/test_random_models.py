"""Random models and random writes: after each write, every door gives what the database has.

``RANDOM_SEQUENCES=20000`` explores more than the thousand sequences of every run.
"""

import os
from collections.abc import Callable, Iterator
from typing import Any

import hypothesis
import pytest
from django.apps import apps
from django.db import connection
from hypothesis import given

from tests.caching.contract.random_models import RandomSet, make_set
from tests.caching.contract.random_reads import RandomReads
from tests.caching.contract.random_writes import RandomWrites, sequences
from tests.caching.installing import installed_app

pytestmark = pytest.mark.django_db(transaction=True)

SEQUENCES = int(os.environ.get("RANDOM_SEQUENCES", "1000"))
SEQUENCES_OF_A_SET = 25
SETS_AT_ONCE = 5
"""Sets in one test: to empty the tables of all applications takes as long as many sequences."""
SETS = range(max(1, SEQUENCES // SEQUENCES_OF_A_SET))
_made: dict[int, RandomSet] = {}


def set_of(number: int) -> RandomSet:
    """Return a set of models; a model can be made once only."""
    if number not in _made:
        _made[number] = make_set(number)
    return _made[number]


@pytest.fixture
def _tiers(watching: Any, request: pytest.FixtureRequest) -> None:
    if request.config.getoption("generations") == "memory":
        request.getfixturevalue("faulty")


@pytest.fixture
def with_tables(_tiers: None) -> Iterator[Callable[..., None]]:
    """Return a function that makes the tables of sets of models."""
    made: list[Any] = []

    def make(*sets: RandomSet) -> None:
        apps.clear_cache()
        with connection.schema_editor() as editor:
            for one in sets:
                for model in one.models:
                    editor.create_model(model)
                    made.append(model)
                if not one.thing.tags.through._meta.auto_created:
                    editor.create_model(one.thing.tags.through)
                    made.append(one.thing.tags.through)

    with installed_app("tests.caching.contract.apps.TestsOfContractConfig"):
        yield make
        with connection.schema_editor() as editor:
            for model in reversed(made):
                editor.delete_model(model)


@pytest.mark.parametrize("first", SETS[::SETS_AT_ONCE])
class RandomModelTests:
    def test_are_read_as_they_are_written(self, first: int, with_tables: Callable[..., None], explored: Any) -> None:
        made = [set_of(number) for number in SETS[first : first + SETS_AT_ONCE]]
        with_tables(*made)
        for one in made:
            follow_sequences(one, explored)


def follow_sequences(made: RandomSet, explored: Any) -> None:
    """Follow a number of sequences of writes to the rows of a set, and count them."""
    reads, writes = RandomReads(made), RandomWrites(made)
    counts = {"sequences": 0, "writes": 0}

    def compare(after: str, *, everywhere: bool = False) -> None:
        for text in reads.differences(everywhere=everywhere):
            raise AssertionError(f"{made}, after {after}, on {connection.vendor}: {text}")

    @hypothesis.seed(made.number)
    @hypothesis.settings(
        max_examples=SEQUENCES_OF_A_SET,
        database=None,
        suppress_health_check=[*hypothesis.HealthCheck],
        phases=(hypothesis.Phase.generate, hypothesis.Phase.shrink),
    )
    @given(sequences, hypothesis.strategies.booleans())
    def follow(steps: list[Any], without_local: bool) -> None:
        writes.start()
        compare("the start", everywhere=True)
        for step in steps:
            counts["writes"] += writes.run(step, compare)
            if without_local:
                reads.drop_local()
        counts["sequences"] += 1

    follow()
    explored(**counts, reads=reads.done)
