"""What was read most in the last hour is remembered per host, and loaded in bulk when a process starts."""

import fcntl
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from caching import cache_manager
from caching.monitoring import most_read
from caching.monitoring.most_read import FILE_NAME, LOCK_NAME, MAX_BYTES, REMEMBERED_SECONDS, MostRead, warm_most_read
from caching.monitoring.sampler import Sampler
from caching.monitoring.warm_start import fill
from scheduling.models import Employee
from tests.factories import EmployeeFactory

pytestmark = pytest.mark.django_db(transaction=True)
NOW = 1_800_000_000.0
EMAIL = ("employee", "email")


@pytest.fixture
def directory(settings: Settings, tmp_path: Path) -> Path:
    settings.CACHING = {**settings.CACHING, "DIRECTORY": str(tmp_path)}
    return tmp_path


def read(*people: Employee, times: int = 2) -> None:
    for _ in range(times):
        for person in people:
            Employee.objects.get_by_email(person.email)


def write_file(directory: Path, content: bytes | dict[str, Any]) -> None:
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    (directory / FILE_NAME).write_bytes(text)


class RememberTests:
    def test_keeps_what_was_read_the_most_read_first(self, directory: Path) -> None:
        amy, bob, eve = EmployeeFactory.create_batch(3)
        memory = MostRead()
        read(amy, bob)
        read(eve, times=1)  # the load of it, and no hit
        assert memory.remember(NOW) == 2
        read(bob)
        assert memory.remember(NOW + 60) == 2
        assert most_read.most_read(NOW + 60) == {EMAIL: [bob.email, amy.email]}

    def test_adds_up_over_processes_and_forgets_after_an_hour(self, directory: Path) -> None:
        amy, bob = EmployeeFactory.create_batch(2)
        read(amy)
        MostRead().remember(NOW)
        read(bob)
        MostRead().remember(NOW + 60)
        assert most_read.most_read(NOW + 60) == {EMAIL: [bob.email, amy.email]}
        assert most_read.most_read(NOW + REMEMBERED_SECONDS + 30) == {EMAIL: [bob.email]}
        assert most_read.most_read(NOW + REMEMBERED_SECONDS + 61) == {}

    def test_holds_no_values_and_is_for_this_user_only(self, directory: Path) -> None:
        read(EmployeeFactory(email="amy@example.com", first_name="Amelia"))
        MostRead().remember(NOW)
        content = (directory / FILE_NAME).read_text()
        assert json.loads(content) == {"at": NOW, "read": {"employee": {"email": {"email:amy@example.com": 1.0}}}}
        assert (directory / FILE_NAME).stat().st_mode & 0o777 == 0o600

    def test_has_room_for_as_many_as_the_type_has(self, settings: Settings, tmp_path: Path) -> None:
        settings.CACHING = {**settings.CACHING, "DIRECTORY": str(tmp_path), "MAX_SIZE": {"employee": 3}}
        memory, people = MostRead(), EmployeeFactory.create_batch(5)
        for number, person in enumerate(people):
            read(person)
            assert memory.remember(NOW + number) <= 3
        # Later means more: what was read before counts a little less.
        assert most_read.most_read(NOW + 5)[EMAIL] == [person.email for person in people[:1:-1]]

    def test_leaves_out_values_that_are_computed(self, directory: Path) -> None:
        for _ in range(2):
            cache_manager.get_or_load("general", "id:1", lambda: 1)
        assert MostRead().remember(NOW) == 0

    def test_adds_it_later_if_another_process_writes(self, directory: Path) -> None:
        amy, memory = EmployeeFactory(), MostRead()
        read(amy)
        with (directory / LOCK_NAME).open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            assert memory.remember(NOW) == 0
        assert memory.remember(NOW + 60) == 1

    def test_is_done_by_the_thread_that_samples(self, directory: Path) -> None:
        read(EmployeeFactory())
        Sampler()._remember()
        assert (directory / FILE_NAME).exists()

    def test_a_directory_that_cannot_be_used_is_logged(self, directory: Path, caplog: pytest.LogCaptureFixture) -> None:
        read(EmployeeFactory())
        (directory / LOCK_NAME).mkdir()
        Sampler()._remember()
        assert caplog.messages[0].startswith("The most-read keys could not be written: IsADirectoryError")


class WarmMostReadTests:
    def queries_of(self, number: int, start_afresh: Callable[[], None]) -> int:
        people = EmployeeFactory.create_batch(number)
        read(*people)
        MostRead().remember()
        start_afresh()
        with CaptureQueriesContext(connection) as queries:
            assert sum(found.loaded for found in warm_most_read()) >= number
        with CaptureQueriesContext(connection) as more:
            read(*people)
        assert len(more) == 0
        return len(queries)

    def test_loads_them_in_a_number_of_queries_that_does_not_depend_on_theirs(self, directory: Path) -> None:
        few = self.queries_of(3, cache_manager.reconfigure)
        assert self.queries_of(40, cache_manager.reconfigure) == few

    def test_a_process_that_starts_has_them(self, directory: Path, settings: Settings) -> None:
        settings.CACHING = {**settings.CACHING, "MAX_SIZE": {"employee": 6}}
        people = EmployeeFactory.create_batch(30)
        # The oldest: to warm the newest rows would leave them out.
        read(*people[:4])
        MostRead().remember()
        cache_manager.reconfigure()
        assert fill() > 0
        with CaptureQueriesContext(connection) as queries:
            read(*people[:4], times=1)
        assert len(queries) == 0


class HostileFileTests:
    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"\xff\xfe",
            b"[" * 100_000,
            b'{"at": NaN, "read": {}}',
            b'{"at": 1e999, "read": {}}',
            {"at": NOW, "read": {"employee": {"email": ["email:a"]}}},
            {"at": NOW, "read": {"employee": {"email": {"email:a": "much"}}}},
            {"at": "now", "read": {}},
            b" " * (MAX_BYTES + 1),
        ],
    )
    def test_that_is_damaged_is_not_used_and_is_written_anew(
        self, content: Any, directory: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        write_file(directory, content)
        assert list(warm_most_read()) == []
        assert caplog.messages[0].startswith(f"{FILE_NAME} in {directory} is not used: ")
        read(EmployeeFactory())
        assert MostRead().remember(NOW) == 1
        assert len(most_read.most_read(NOW)) == 1

    @pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
    def test_that_is_no_file_is_not_used(self, kind: str, directory: Path, tmp_path_factory: Any) -> None:
        path = directory / FILE_NAME
        if kind == "link":
            elsewhere = tmp_path_factory.mktemp("elsewhere")
            write_file(elsewhere, {"at": NOW, "read": {"employee": {"email": {"email:amy@example.com": 1}}}})
            path.symlink_to(elsewhere / FILE_NAME)
        elif kind == "pipe":
            os.mkfifo(path)
        else:
            path.mkdir()
        assert most_read.most_read(NOW) == {}

    def test_names_at_most_as_many_keys_as_are_loaded(self, settings: Settings, tmp_path: Path) -> None:
        settings.CACHING = {**settings.CACHING, "DIRECTORY": str(tmp_path), "MAX_SIZE": {"employee": 5}}
        keys = {f"email:{number}@example.com": 1e300 for number in range(10_000)}
        write_file(tmp_path, {"at": NOW, "read": {"employee": {"email": keys}}})
        assert len(most_read.most_read(NOW)[EMAIL]) == 5

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        st.dictionaries(
            st.sampled_from(["employee", "shift", "rule", "general", "no_such_type"]),
            st.dictionaries(
                st.sampled_from(["id", "email", "name", "headcount", "no such kind"]),
                st.dictionaries(
                    st.one_of(
                        st.text(),
                        st.builds("{}:{}".format, st.sampled_from(["id", "email", "name"]), st.text()),
                        st.builds("id:{}".format, st.integers()),
                    ),
                    st.floats(allow_nan=False, allow_infinity=False),
                ),
            ),
        )
    )
    def test_does_nothing_but_read_rows(self, directory: Path, content: dict[str, Any]) -> None:
        write_file(directory, json.dumps({"at": NOW, "read": content}).encode())
        for values in most_read.most_read(NOW).values():
            assert len(values) <= 2000
        write_file(directory, json.dumps({"at": most_read.time.time(), "read": content}).encode())
        assert sum(found.loaded for found in warm_most_read()) <= 100
