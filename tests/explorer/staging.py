"""How a scenario is declared and explored, and what most of them are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .database import AssignmentRow, EmployeeRow, Statement
from .questions import Question, by_email
from .scheduler import UNBOUNDED, Actor, Outcome
from .stores import SteppedGenerations
from .world import Client, World

AMY = EmployeeRow(1, "amy@example.com", "Amy")
BOB = EmployeeRow(2, "bob@example.com", "Bob")
NIGHT, DAY = AssignmentRow(5, 7, 1, "night"), AssignmentRow(6, 7, 1, "day")


@dataclass(frozen=True)
class Scenario:
    """One scene."""

    name: str
    about: str
    set_up: Callable[[World], None]
    processes: tuple[str, ...]
    store: type[SteppedGenerations] = SteppedGenerations
    preemptions_in_tests: int = 1
    preemptions_in_proof: int = UNBOUNDED

    def explore(self, preemptions: int, **options: Any) -> Outcome:
        """Run every schedule with at most that many preemptions (see Scheduler.explore)."""

        def prepare() -> list[Actor]:
            self.set_up(world)
            return world.actors

        with World(self.store).installed(self.processes) as world:
            return world.scheduler.explore(prepare, preemptions, **options)


SCENARIOS: dict[str, Scenario] = {}


def scenario(*processes: str, **options: Any) -> Callable[[Callable[[World], None]], Callable[[World], None]]:
    """Declare the scenario that the function sets up in these processes."""

    def declare(set_up: Callable[[World], None]) -> Callable[[World], None]:
        name = set_up.__name__
        SCENARIOS[name] = Scenario(name, set_up.__doc__ or "", set_up, processes, **options)
        return set_up

    return declare


ANN, ADA = AMY._replace(first_name="Ann"), AMY._replace(first_name="Ada")


AMYS = by_email(AMY.email)


def reading(*questions: Question) -> Callable[[Client], None]:
    return lambda client: client.read(*questions)


def in_autocommit(*statements: Statement) -> Callable[[Client], None]:
    def body(client: Client) -> None:
        for statement in statements:
            client.execute(statement)

    return body


def in_a_transaction(*statements: Statement) -> Callable[[Client], None]:
    def body(client: Client) -> None:
        with client.atomic():
            in_autocommit(*statements)(client)

    return body
