from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from scheduler_project.databases import database_from_url
from scheduler_project.environment import BASE_DIR
from tests.scheduler_project.starting import start


class DatabaseUrlTests:
    def test_an_absolute_sqlite_file(self) -> None:
        config = database_from_url("sqlite:////srv/data/scheduler.sqlite3")

        assert (config["ENGINE"], config["NAME"]) == (
            "django.db.backends.sqlite3",
            "/srv/data/scheduler.sqlite3",
        )
        assert config["OPTIONS"] == {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
        }

    def test_sqlite_is_opened_in_wal_mode(self, tmp_path: Path) -> None:
        code = "from django.db import connection as c; k = c.cursor(); print(k.execute('PRAGMA {}').fetchone()[0])"
        url = f"sqlite:///{tmp_path}/x.sqlite3"

        assert start(code=code.format("journal_mode"), DATABASE_URL=url).stdout == "wal\n"
        assert start(code=code.format("synchronous"), DATABASE_URL=url).stdout == "1\n"

    def test_an_absolute_sqlite_file_with_a_slash_too_few(self, tmp_path: Path) -> None:
        assert database_from_url(f"sqlite://{tmp_path}/x.sqlite3")["NAME"] == str(tmp_path / "x.sqlite3")

    def test_a_relative_sqlite_file_is_the_projects(self) -> None:
        assert database_from_url("sqlite:///scheduling/x.sqlite3")["NAME"] == str(BASE_DIR / "scheduling/x.sqlite3")

    def test_sqlite_in_memory(self) -> None:
        assert database_from_url("sqlite://:memory:")["NAME"] == ":memory:"

    def test_a_postgresql_server(self) -> None:
        config = database_from_url("postgresql://user:p%40ss@db.example.com:5432/scheduler")

        assert config["ENGINE"] == "django.db.backends.postgresql"
        assert (config["USER"], config["PASSWORD"], config["HOST"], config["PORT"], config["NAME"]) == (
            "user",
            "p@ss",
            "db.example.com",
            5432,
            "scheduler",
        )

    def test_a_postgresql_socket(self) -> None:
        config = database_from_url("postgresql://user@/scheduler?host=/run/postgresql")

        assert (config["USER"], config["HOST"], config["NAME"]) == ("user", "/run/postgresql", "scheduler")
        assert config["OPTIONS"] == {"options": "-c lock_timeout=10000 -c statement_timeout=20000"}

    def test_limits_of_postgresql_are_given_in_seconds(self) -> None:
        config = database_from_url("postgresql://user@/x", lock_seconds=0.5, statement_seconds=3)

        assert config["OPTIONS"] == {"options": "-c lock_timeout=500 -c statement_timeout=3000"}

    def test_without_limits_nothing_is_sent(self) -> None:
        assert database_from_url("postgresql://user@/x", lock_seconds=0, statement_seconds=0)["OPTIONS"] == {}

    def test_options_of_the_url_come_last_and_win(self) -> None:
        config = database_from_url("postgresql://user@/x?options=-c%20statement_timeout%3D5s", lock_seconds=0)

        assert config["OPTIONS"] == {"options": "-c statement_timeout=20000 -c statement_timeout=5s"}

    def test_a_port_and_an_option_in_the_query(self) -> None:
        config = database_from_url("postgresql://user@/x?host=/run&port=5444&sslmode=require")

        assert config["PORT"] == 5444
        assert config["OPTIONS"]["sslmode"] == "require"

    @pytest.mark.parametrize(
        "url", ["mysql://root:secret@localhost/x", "x://u:secret@h/x", "nonsense", "postgresql://u:secret@h:port/x"]
    )
    def test_anything_else_is_refused_without_repeating_it(self, url: str) -> None:
        with pytest.raises(ImproperlyConfigured, match="DATABASE_URL is not usable") as caught:
            database_from_url(url)

        assert "secret" not in str(caught.value)
