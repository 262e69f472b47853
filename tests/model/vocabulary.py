"""Words to write scenarios with."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

from .database import Query, Row, Rows, Statement

READ, GET_SET = "read", "get and set"
SNAPSHOT, WRITE, COMMIT, ROLLBACK = "snapshot", "write", "commit", "rollback"
AUTOCOMMIT, OUTSIDE = "autocommit", "outside"


class Operation(NamedTuple):
    """One thing that an actor does, and with what."""

    kind: str
    what: Query | Statement | None = None


class Performer(NamedTuple):
    """A thread of a process, and what it does one after another."""

    name: str
    process: int
    program: tuple[Operation, ...]


@dataclass(frozen=True)
class Scenario:
    """What happens, and what may go wrong meanwhile."""

    name: str
    about: str
    rows: Rows
    actors: tuple[Performer, ...]
    collisions: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Tag -> another tag whose slot it shares."""
    kills: int = 0
    """How many writers may be killed, each at any step."""
    expiry: bool = False
    """Whether intents may expire at any moment."""
    late: bool = False
    """Whether a COMMIT may land after its intent has expired."""
    lost: bool = False
    """Whether the answer to a COMMIT may be lost."""
    evictions: bool = False
    replaced: bool = False
    """Whether the file of generations may be replaced, once."""
    torn: str = ""
    """The order ("forward", "backward") in which slots are written one by one; readers read them one by one, too."""
    excused: bool = False
    """Whether a COMMIT is excused that landed after its intent had expired and was never ended: the named limit."""

    def number_of(self, query: Query) -> int:
        return self.queries.index(query)

    @cached_property
    def queries(self) -> list[Query]:
        """Return the queries of all actors, each once."""
        operations = (operation for actor in self.actors for operation in actor.program)
        return list(dict.fromkeys(operation.what for operation in operations if isinstance(operation.what, Query)))


def rows(**given: Row) -> Rows:
    return tuple(sorted(given.items()))


def update(target: str, version: str) -> Statement:
    return Statement("update", target, version)


def save(target: str, by: str, version: str) -> Statement:
    return Statement("save", target, version, by)


def insert(target: str, by: str, version: str) -> Statement:
    return Statement("insert", target, version, by)


def atomic(*statements: Statement, end: str = COMMIT) -> tuple[Operation, ...]:
    """Return a transaction of some statements."""
    return (*(Operation(WRITE, statement) for statement in statements), Operation(end))


def autocommit(*statements: Statement) -> tuple[Operation, ...]:
    return tuple(Operation(AUTOCOMMIT, statement) for statement in statements)


def reads(*queries: Query, kind: str = READ) -> tuple[Operation, ...]:
    return tuple(Operation(kind, query) for query in queries)


def cast(readers: Iterable[tuple[Operation, ...]], writers: Iterable[tuple[Operation, ...]]) -> tuple[Performer, ...]:
    """Return readers and writers, each in a process of its own."""
    readers, writers = list(readers), list(writers)
    named = [*(f"reader {number}" for number in range(1, len(readers) + 1))]
    named += [f"writer {number}" for number in range(1, len(writers) + 1)]
    return tuple(Performer(name, i, p) for i, (name, p) in enumerate(zip(named, [*readers, *writers], strict=True)))
