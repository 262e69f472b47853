import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from benchmarks import read_loops
from scheduling.models import Employee

PEOPLE = 3

# The cache steps aside in a transaction that has written what is read, so these tests have none around them.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _a_worker_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a worker knows is kept in its module, and a worker prepares once."""
    monkeypatch.setattr(read_loops, "_emails", [])
    monkeypatch.setattr(read_loops, "_reads", [])


def queries_of(reader: str, times: int) -> int:
    """Prepare a reader; return how many queries it takes to read so many times."""
    read_loops.prepare(reader, PEOPLE)
    with CaptureQueriesContext(connection) as queries:
        assert all(microseconds > 0 for microseconds in read_loops.read(times))
    return len(queries)


@pytest.mark.parametrize("reader", ["dict_get_us", "floor_us", "locmem_get_us", "local_hit_us"])
def test_a_warm_reader_asks_no_database(reader: str) -> None:
    assert queries_of(reader, times=10) == 0


def test_the_floor_is_a_clone_of_the_row_that_a_hit_returns() -> None:
    read_loops.prepare("floor_us", PEOPLE)
    (clone,), email = read_loops._reads, read_loops._emails[0]
    row = Employee.objects.get_by_email(email)

    assert clone(email) is not clone(email)
    assert vars(clone(email)).keys() == vars(row).keys()
    assert [vars(clone(email))[name] for name in vars(row) if name != "_state"] == [
        value for name, value in vars(row).items() if name != "_state"
    ]


def test_the_query_asks_it_each_time() -> None:
    assert queries_of("query_us", times=10) == 10


def test_reads_are_timed_in_batches_or_one_by_one() -> None:
    read_loops.prepare("dict_get_us", PEOPLE)

    assert len(read_loops.read(401)) == 3
    assert len(read_loops.read_one_by_one(7)) == 7
    assert len(read_loops.read_beside_a_busy_thread(7)) == 1
