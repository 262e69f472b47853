"""Every scenario within bounds, and every mutation found. ``python -m tests.explorer`` goes further."""

from collections.abc import Callable

import pytest

from .hints import FOUND_LATE, HINTS
from .mutations import MUTATIONS, REDUNDANT, Mutation
from .scenarios import COMPARED, SCENARIOS
from .scheduler import Actor, Lock, Scheduler, Violation
from .staging import Scenario

MAX_STEPS = 4_000
"""How much of one scenario is explored by the tests, in a second or two: the most, and of the smaller ones all."""


class SchedulerTests:
    @staticmethod
    def two_steps_each(scheduler: Scheduler, log: list[str]) -> list[Actor]:
        def body(name: str) -> None:
            for number in (1, 2):
                scheduler.step(f"{name}{number}", changes=["thing"])
                log.append(f"{name}{number}")
            log.append("|")

        return [Actor(name, lambda name=name: body(name)) for name in "ab"]

    @pytest.mark.parametrize(("preemptions", "orders"), [(0, 2), (1, 4), (2, 6), (3, 6)])
    def test_tries_every_order_that_the_bound_allows(self, preemptions: int, orders: int) -> None:
        scheduler, log, seen = Scheduler(), [], set()

        def prepare() -> list[Actor]:
            seen.add(tuple(step for step in log if step != "|"))
            log.clear()
            return self.two_steps_each(scheduler, log)

        scheduler.explore(prepare, preemptions)

        seen.add(tuple(step for step in log if step != "|"))
        assert len({order for order in seen if len(order) == 4}) == orders

    @pytest.mark.parametrize("seed", range(5))
    def test_tries_as_many_in_another_order(self, seed: int) -> None:
        scheduler, log = Scheduler(), []

        outcomes = [
            scheduler.explore(lambda: self.two_steps_each(scheduler, log), 1, seed=number) for number in (seed, None)
        ]

        assert outcomes[0].states == outcomes[1].states

    def test_leaves_off_when_the_time_is_over(self) -> None:
        scheduler, log = Scheduler(), []

        outcome = scheduler.explore(lambda: self.two_steps_each(scheduler, log), 1, until=0)

        assert (outcome.schedules, outcome.complete) == (1, False)

    def test_reports_a_deadlock(self) -> None:
        scheduler = Scheduler()

        def prepare() -> list[Actor]:
            locks = [Lock(scheduler), Lock(scheduler)]

            def body(first: Lock, second: Lock) -> None:
                with first:
                    scheduler.step("has one")
                    with second:
                        scheduler.step("has both")

            return [Actor("a", lambda: body(*locks)), Actor("b", lambda: body(*reversed(locks)))]

        outcome = scheduler.explore(prepare, 1)

        assert str(outcome.violation) == "Deadlock: a, b wait for each other."

    def test_prints_the_schedule_of_a_violation(self) -> None:
        scheduler = Scheduler()

        def body() -> None:
            scheduler.step("does it")
            raise Violation("It was wrong.")

        outcome = scheduler.explore(lambda: [Actor("a", body)], 0)

        assert outcome.explained() == "It was wrong. (0 preemptions)\n    1 a         does it"


class ScenarioTests:
    @pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS.keys())
    def test_nothing_stale_within_bounds(self, scenario: Scenario, explored: Callable[..., None]) -> None:
        outcome = scenario.explore(scenario.preemptions_in_tests, most_steps=MAX_STEPS, seed=0)

        explored(schedules=outcome.schedules, steps=outcome.steps)
        assert outcome.violation is None, outcome.explained()

    @pytest.mark.parametrize("name", COMPARED)
    def test_what_is_cut_off_has_been_explored(self, name: str) -> None:
        outcome = SCENARIOS[name].explore(0, compares_futures=True, most_steps=MAX_STEPS)

        assert outcome.violation is None, outcome.explained()


class MutationTests:
    @pytest.mark.parametrize(
        "mutation",
        [mutation for mutation in MUTATIONS if mutation.name not in FOUND_LATE],
        ids=lambda mutation: mutation.name,
    )
    def test_a_broken_rule_is_found(self, mutation: Mutation) -> None:
        # Nothing but a broken promise counts: an error would only show that the edit is wrong.
        assert isinstance(mutation.find().violation, Violation)

    def test_a_hint_is_about_a_mutation(self) -> None:
        assert {*HINTS, *FOUND_LATE} <= {mutation.name for mutation in MUTATIONS}

    @pytest.mark.parametrize("mutation", REDUNDANT, ids=lambda mutation: mutation.name)
    def test_either_of_two_precautions_suffices(self, mutation: Mutation) -> None:
        assert mutation.explore(most=0).violation is None
