"""The check of rows, on tables of this project: it sees what is announced, and what is not."""

from collections.abc import Iterator

import pytest
from django.db import connection

from caching.coherence.watcher import ConnectionWatcher
from scheduling.models import Employee, Skill
from tests.factories import EmployeeFactory

from . import rows

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif("connection.vendor != 'sqlite'", reason="The check reads tables of SQLite."),
]


@pytest.fixture(autouse=True)
def found(monkeypatch: pytest.MonkeyPatch) -> Iterator[rows.Found]:
    """Check every statement of the test, and collect what is found."""
    check = rows.RowCheck(connection)
    monkeypatch.setattr(ConnectionWatcher, "mark", ConnectionWatcher.mark)
    monkeypatch.setattr(rows, "found", rows.Found())
    rows.collect_marks()
    connection.execute_wrappers.insert(0, check)
    yield rows.found
    connection.execute_wrappers.remove(check)


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Announce nothing: tags are marked for nobody."""
    monkeypatch.setattr(ConnectionWatcher, "mark", lambda self, tags, cause: None)


class RowCheckTests:
    def test_sees_that_writes_are_announced(self, found: rows.Found) -> None:
        amy = EmployeeFactory(email="amy@example.com")
        skill = Skill.objects.create(name="Grill")
        amy.skills.add(skill)
        Employee.objects.filter(pk=amy.pk).update(first_name="Ann")
        amy.delete()

        assert found.rows > 4
        assert found.unannounced == []

    @pytest.mark.parametrize("sql", ["UPDATE scheduling_skill SET name = 'Bar'", "DELETE FROM scheduling_skill"])
    def test_sees_a_row_that_is_not_announced(self, found: rows.Found, silent: None, sql: str) -> None:
        Skill.objects.create(name="Grill")
        found.unannounced.clear()

        connection.cursor().execute(sql)

        told = [text for _, text in found.unannounced]
        assert any("scheduling.Skill: 'any row' is not announced" in text for text in told)
        assert any("scheduling.Skill: the row is not announced" in text for text in told)

    def test_sees_a_value_and_an_end_that_are_not_announced(self, found: rows.Found, silent: None) -> None:
        amy = EmployeeFactory(email="amy@example.com")
        amy.skills.add(Skill.objects.create(name="Grill"))

        told = [text for _, text in found.unannounced]
        assert any("scheduling.Employee: the value of email is not announced" in text for text in told)
        assert any("scheduling.Employee: an end of scheduling." in text for text in told)
