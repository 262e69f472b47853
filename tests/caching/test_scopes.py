"""The schema of the connection as a scope."""

from types import SimpleNamespace

import pytest
from django.db import connection, connections

from caching import scopes
from caching.scopes import schema_name


class Cursor:
    """What a driver gives: the answers to SHOW."""

    def __init__(self, answers: dict[str, str], asked: list[str]) -> None:
        self._answers, self._asked = answers, asked

    def __enter__(self) -> "Cursor":
        return self

    def __exit__(self, *args: object) -> None:
        pass

    def execute(self, statement: str) -> None:
        self._asked.append(statement)

    def fetchone(self) -> tuple[str]:
        return (self._answers[self._asked[-1].removeprefix("SHOW ")],)


@pytest.fixture
def asked() -> list[str]:
    return []


def connected(
    monkeypatch: pytest.MonkeyPatch, asked: list[str], *, status: int = 0, reported: str = "", **shown: str
) -> None:
    info = SimpleNamespace(transaction_status=status, user="amy", parameter_status=lambda name: reported or None)
    driver = SimpleNamespace(info=info, cursor=lambda: Cursor(shown, asked))
    found = SimpleNamespace(vendor="postgresql", connection=driver, ensure_connection=lambda: None)
    monkeypatch.setattr(scopes, "connections", {"default": found})


class SchemaNameTests:
    def test_is_what_the_connection_says_of_its_tenant(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(connections["default"], "schema_name", "acme", raising=False)
        assert schema_name() == "acme"

    @pytest.mark.django_db
    def test_is_of_the_session_or_none(self) -> None:
        if connection.vendor != "postgresql":
            assert schema_name() is None
            return
        with connection.cursor() as cursor:
            cursor.execute("SET search_path TO acme, public")
        assert schema_name() == "acme, public"

    def test_asks_the_server(self, monkeypatch: pytest.MonkeyPatch, asked: list[str]) -> None:
        connected(monkeypatch, asked, search_path="acme, public")
        assert schema_name() == "acme, public"
        assert asked == ["SHOW search_path"]

    def test_asks_nothing_where_the_server_reports_it(self, monkeypatch: pytest.MonkeyPatch, asked: list[str]) -> None:
        connected(monkeypatch, asked, reported="bolt")
        assert schema_name() == "bolt"
        assert asked == []

    def test_of_a_path_that_names_the_user_has_the_role(
        self, monkeypatch: pytest.MonkeyPatch, asked: list[str]
    ) -> None:
        connected(monkeypatch, asked, search_path='"$user", public', role="bolt")
        assert schema_name() == '"$user", public amy bolt'

    def test_asks_nothing_in_a_failed_transaction(self, monkeypatch: pytest.MonkeyPatch, asked: list[str]) -> None:
        connected(monkeypatch, asked, status=3)
        assert schema_name() == "?"
        assert asked == []
