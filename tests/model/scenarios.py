"""Who reads and writes what. Each scenario is small enough that all its interleavings can be visited.

In full there are up to two readers, who read twice or three times, and two writers, one fault, evictions. The bounded
form, for every run of the tests, has fewer reads.
"""

from collections.abc import Iterator

from .database import Query, Statement
from .vocabulary import (
    COMMIT,
    GET_SET,
    OUTSIDE,
    ROLLBACK,
    SNAPSHOT,
    WRITE,
    Operation,
    Performer,
    Scenario,
    atomic,
    autocommit,
    cast,
    insert,
    reads,
    rows,
    save,
    update,
)

KEY_1, KEY_2, LIST_1, LIST_2 = Query("key", "M1"), Query("key", "M2"), Query("value", "1"), Query("value", "2")
ALL_ROWS, JOIN, ALL_OF_D = Query("all", ""), Query("value", "1", joined="D1"), Query("all", "", model="D")

A, B = update("M1", "a"), update("M1", "b")
BULK = Statement("bulk", "1", "b")


def scenarios(*, full: bool) -> dict[str, Scenario]:
    """Return the scenarios by name, in full or in their bounded form. The protocol keeps its promise in all of them."""
    return {scenario.name: scenario for part in (_writes, _transactions, _faults) for scenario in part(full)}


def _writes(full: bool) -> Iterator[Scenario]:
    one, moving = rows(M1=("1", "v0")), rows(M1=("1", "v0"), M2=("2", "v0"))
    more = (LIST_1,) if full else ()
    yield Scenario(
        "atomic-and-autocommit",
        "Two writers of one row, one in a transaction and one in autocommit.",
        one,
        cast([reads(LIST_1, LIST_1, *more), reads(LIST_1, *more)], [atomic(A), autocommit(B)]),
        evictions=full,
    )
    yield Scenario(
        "two-transactions",
        "Two transactions that write one row; both readers look it up by its key.",
        one,
        cast([reads(KEY_1, KEY_1), reads(KEY_1, *(KEY_1,) * full)], [atomic(A), atomic(B)]),
    )
    yield Scenario(
        "two-autocommits",
        "Two writers in autocommit.",
        one,
        cast([reads(LIST_1, LIST_1), reads(LIST_1, *more)], [autocommit(A), autocommit(B)]),
    )
    yield Scenario(
        "moving-row",
        "A row moves to another list, and a stale instance of it is saved over that.",
        moving,
        cast(
            [reads(LIST_1, LIST_2, LIST_1), reads(LIST_2, LIST_1) if full else reads(LIST_2)],
            [atomic(save("M1", "2", "a")), autocommit(save("M1", "1", "b"))],
        ),
    )
    yield Scenario(
        "email-changes-hands",
        "Within one transaction one row gives an address up and another takes it; somebody else updates the first.",
        moving,
        cast(
            [reads(LIST_1, LIST_1), reads(LIST_1, *more)],
            [atomic(save("M1", "3", "a"), save("M2", "1", "a")), autocommit(B)],
        ),
    )
    yield Scenario(
        "insert",
        "Nobody has the value, nor the key, until a row is inserted that gets its key from the database.",
        rows(M1=("1", "v0"), M2=None),
        cast(
            [reads(KEY_2, KEY_2, *(LIST_2,) * full), reads(LIST_2, LIST_2)],
            [autocommit(insert("M2", "2", "a")), atomic(Statement("delete", "M1"))],
        ),
    )
    yield Scenario(
        "bulk",
        "A bulk write hits whatever rows the list has by then; another writer moves a row into it.",
        moving,
        cast([reads(LIST_1, LIST_1), reads(LIST_1, *more)], [autocommit(BULK), autocommit(save("M2", "1", "a"))]),
    )
    yield Scenario(
        "bulk-moving-in",
        "A bulk write hits a row that came into the list after a SELECT would have looked.",
        rows(M1=("2", "v0")),
        cast([reads(LIST_1, LIST_1, *more)], [autocommit(BULK), autocommit(save("M1", "1", "a"))]),
    )
    yield Scenario(
        "all-rows",
        "A list that no value covers depends on any row.",
        rows(M1=("1", "v0"), M2=None),
        cast(
            [reads(ALL_ROWS, ALL_ROWS), reads(ALL_ROWS, *(ALL_ROWS,) * full)],
            [autocommit(insert("M2", "2", "a")), atomic(B)],
        ),
    )
    yield Scenario(
        "join",
        "A list whose rows are read with a row of another model; both are written.",
        rows(M1=("1", "v0"), D1=("x", "v0")),
        cast(
            [reads(JOIN, JOIN), reads(JOIN, *(JOIN,) * full)],
            [atomic(update("D1", "a")), autocommit(B)],
        ),
    )
    yield Scenario(
        "depends-on",
        "One reader depends on any row of a model, one on a list; a transaction writes both models.",
        rows(M1=("1", "v0"), D1=("x", "v0")),
        cast(
            [reads(ALL_OF_D, ALL_OF_D), reads(LIST_1, LIST_1)],
            [atomic(update("D1", "a"), update("M1", "a")), autocommit(update("D1", "b"))],
        ),
    )


def _transactions(full: bool) -> Iterator[Scenario]:
    moving = rows(M1=("1", "v0"), M2=("2", "v0"))
    yield Scenario(
        "own-reads",
        "A transaction reads what it has written before it commits, and again after.",
        moving,
        cast(
            [reads(LIST_1, LIST_1), *(reads(LIST_1) for _ in range(full))],
            [
                (*reads(LIST_1), Operation(WRITE, A), *reads(LIST_1, LIST_2), Operation(COMMIT), *reads(LIST_1)),
                autocommit(update("M2", "b")),
            ],
        ),
    )
    yield Scenario(
        "rollback",
        "A transaction reads what it has written, and rolls back.",
        moving,
        cast(
            [reads(LIST_1, LIST_1), *(reads(LIST_2, LIST_2) for _ in range(full))],
            [
                (Operation(WRITE, save("M1", "2", "a")), *reads(LIST_1, LIST_2), Operation(ROLLBACK), *reads(LIST_2)),
                autocommit(B),
            ],
        ),
    )
    yield Scenario(
        "snapshot",
        "A reader's transaction reads from a snapshot, and goes on in autocommit.",
        rows(M1=("1", "v0")),
        cast(
            [
                (Operation(SNAPSHOT), *reads(LIST_1, LIST_1), Operation(ROLLBACK), *reads(LIST_1)),
                *(reads(LIST_1, LIST_1) for _ in range(full)),
            ],
            [autocommit(A), atomic(B)],
        ),
    )
    yield Scenario(
        "threads",
        "Readers of one process share its entries and wait for each other's load.",
        rows(M1=("1", "v0")),
        (
            Performer("thread 1", 0, reads(LIST_1, LIST_1)),
            Performer("thread 2", 0, reads(LIST_1, *(LIST_1,) * full)),
            Performer("thread 3", 0, reads(LIST_1, kind=GET_SET)),
            Performer("writer 1", 1, atomic(A)),
            *(Performer("writer 2", 2, autocommit(B)) for _ in range(full)),
        ),
    )
    yield Scenario(
        "get-and-set",
        "The classic idiom: get, load, set.",
        rows(M1=("1", "v0")),
        cast(
            [reads(LIST_1, LIST_1, kind=GET_SET), reads(LIST_1, *(LIST_1,) * full, kind=GET_SET)],
            [atomic(A), autocommit(B)],
        ),
    )
    yield Scenario(
        "outside",
        "A program outside Django writes, and then the cache is told (invalidate, manage.py cache clear).",
        rows(M1=("1", "v0")),
        cast([reads(LIST_1, LIST_1), reads(LIST_1, *(LIST_1,) * full)], [(Operation(OUTSIDE, A),), atomic(B)]),
    )


def _faults(full: bool) -> Iterator[Scenario]:
    one, two = rows(M1=("1", "v0")), rows(M1=("1", "v0"), M2=("2", "v0"))
    again = (LIST_1,) * full
    yield Scenario(
        "kill",
        "A writer is killed at any step, also with its COMMIT on the way; intents expire at any moment.",
        one,
        cast([(*reads(LIST_1, *again), *reads(LIST_1, kind=GET_SET)), reads(*again)], [atomic(A), autocommit(B)]),
        kills=1,
        expiry=True,
    )
    yield Scenario(
        "kill-and-clear-away",
        "Who looks at the row of a killed writer clears its expired intent away.",
        one,
        cast([(*reads(KEY_1), *reads(KEY_1, kind=GET_SET)), reads(*(KEY_1,) * full)], [atomic(A)]),
        kills=1,
        expiry=True,
    )
    yield Scenario(
        "late-commit",
        "Intents expire at any moment, also before a slow COMMIT lands; everybody lives to end what he began.",
        one,
        cast([reads(LIST_1, LIST_1, *again), reads(*again)], [atomic(A), autocommit(B)]),
        expiry=True,
        late=True,
    )
    yield Scenario(
        "lost-answer",
        "The answer to a COMMIT is lost: it may land later, or never.",
        one,
        cast([reads(LIST_1, LIST_1), reads(*again)], [atomic(A), autocommit(B)]),
        expiry=True,
        lost=True,
    )
    yield Scenario(
        "collisions",
        "Two rows share a slot, and so do a value and a guard; a writer is killed.",
        two,
        cast([reads(LIST_1, LIST_1), reads(*(LIST_2,) * full)], [atomic(A), autocommit(save("M2", "2", "b"))]),
        collisions={"M#2": "M#1", "M/+": "M.by=1"},
        kills=1,
        expiry=True,
    )
    for order in ("forward", "backward"):
        yield Scenario(
            f"torn-{order}",
            "Readers take no lock: slots are written one by one and read one by one. A writer is killed between.",
            one,
            cast([reads(LIST_1, LIST_1, *again)], [autocommit(A), *(autocommit(B) for _ in range(full))]),
            torn=order,
            kills=1,
            expiry=True,
        )
    yield Scenario(
        "file-replaced",
        "The file of generations is replaced; each process notices it at another moment.",
        one,
        cast([reads(LIST_1, LIST_1), reads(*again)], [atomic(A), *(autocommit(B) for _ in range(full))]),
        replaced=True,
    )


def limit(*, excused: bool) -> Scenario:
    """Return the double fault that the protocol does not survive, and says so.

    A COMMIT lands after its intent has expired *and* its writer is killed before ``end``. If exactly that is
    ``excused``, no counterexample is left.
    """
    return Scenario(
        "limit-excused" if excused else "limit",
        "A COMMIT lands after its intent has expired, and its writer is killed before it can end it.",
        rows(M1=("1", "v0")),
        cast([reads(LIST_1, LIST_1)], [atomic(A), autocommit(B)]),
        kills=1,
        expiry=True,
        late=True,
        lost=excused,
        excused=excused,
    )
