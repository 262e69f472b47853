import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from caching.conf import Config
from scheduler_project.databases import database_from_url
from scheduler_project.environment import BASE_DIR, VAR_DIR

SHOW = "import json; from django.conf import settings; print(json.dumps({}, default=str))"


def start(*arguments: str, code: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    """Run Python with these environment variables and no others of ours.

    SECRET_KEY is there and empty unless given: the one that `make demo` may have written to var/env must not count.
    """
    fixed = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "scheduler_project.settings", "SECRET_KEY": ""}
    environment = fixed | variables
    command = [sys.executable, *(arguments or ("-c", code))]
    return subprocess.run(command, cwd=BASE_DIR, env=environment, capture_output=True, text=True, timeout=60)


def setting(expression: str, **variables: str) -> Any:
    done = start(code=SHOW.format(expression), **variables)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


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
        assert config["OPTIONS"] == {}

    def test_a_port_and_an_option_in_the_query(self) -> None:
        config = database_from_url("postgresql://user@/x?host=/run&port=5444&sslmode=require")

        assert config["PORT"] == 5444
        assert config["OPTIONS"] == {"sslmode": "require"}

    @pytest.mark.parametrize(
        "url", ["mysql://root:secret@localhost/x", "x://u:secret@h/x", "nonsense", "postgresql://u:secret@h:port/x"]
    )
    def test_anything_else_is_refused_without_repeating_it(self, url: str) -> None:
        with pytest.raises(ImproperlyConfigured, match="DATABASE_URL is not usable") as caught:
            database_from_url(url)

        assert "secret" not in str(caught.value)


class SecretKeyTests:
    @pytest.mark.parametrize(
        "arguments",
        [
            ("-c", "import scheduler_project.wsgi"),
            ("-c", "import scheduler_project.asgi"),
            ("manage.py", "runserver", "--noreload"),
        ],
        ids=["wsgi", "asgi", "runserver"],
    )
    def test_no_server_starts_without_one(self, arguments: tuple[str, ...]) -> None:
        done = start(*arguments)

        assert done.returncode != 0
        assert "SECRET_KEY is not set" in done.stderr
        assert "make demo" in done.stderr

    @pytest.mark.parametrize("variables", [{"SECRET_KEY": "of the test"}, {"DEBUG": "1"}])
    def test_a_server_starts_with_one_or_in_debug(self, variables: dict[str, str]) -> None:
        assert start(code="import scheduler_project.wsgi", **variables).returncode == 0

    def test_a_command_makes_up_its_own(self) -> None:
        first, second = setting("settings.SECRET_KEY"), setting("settings.SECRET_KEY")

        assert len(first) >= 50
        assert first != second


class DefaultsTests:
    def test_nothing_is_needed(self) -> None:
        assert setting("[settings.DEBUG, settings.DATABASES['default']['NAME'], list(settings.CACHES)]") == [
            False,
            str(VAR_DIR / "db.sqlite3"),
            ["default"],
        ]

    def test_the_cache_settings_are_known_and_complete(self) -> None:
        config = Config.from_settings()

        assert config.ttl("employee", "email") == 600
        assert config.ttl("shift", "types") == 900
        assert config.default_ttl == 300
        assert config.MAX_SIZE["notification"] == 2000


class VarTests:
    @pytest.fixture
    def checkout(self, tmp_path: Path) -> Path:
        (tmp_path / "scheduler_project").mkdir()
        shutil.copy(BASE_DIR / "scheduler_project/environment.py", tmp_path / "scheduler_project")
        return tmp_path

    def time_zone(self, checkout: Path, **variables: str) -> str:
        code = "from scheduler_project.environment import env; print(env.str('TIME_ZONE', default='UTC'))"
        command = [sys.executable, "-c", code]
        return subprocess.run(
            command, cwd=checkout, env=variables, check=True, capture_output=True, text=True, timeout=60
        ).stdout.strip()

    def test_is_made_for_its_owner_alone(self, checkout: Path) -> None:
        assert self.time_zone(checkout) == "UTC"
        assert stat.S_IMODE((checkout / "var").stat().st_mode) == 0o700

    def test_its_env_is_read_and_a_real_variable_wins(self, checkout: Path) -> None:
        (checkout / "var").mkdir()
        (checkout / "var/env").write_text("TIME_ZONE=Europe/Rome\n")

        assert self.time_zone(checkout) == "Europe/Rome"
        assert self.time_zone(checkout, TIME_ZONE="Asia/Tokyo") == "Asia/Tokyo"


class EnvironmentTests:
    def test_redis_adds_the_shared_alias(self) -> None:
        shown = "[settings.CACHING['SHARED_ALIAS'], settings.CACHES['shared']['BACKEND']]"

        assert setting(shown, REDIS_URL="redis://localhost:6379/0") == ["shared", "django_redis.cache.RedisCache"]
        assert setting("settings.CACHING['SHARED_ALIAS']") is None

    @pytest.mark.parametrize(
        ("variable", "value", "expression", "expected"),
        [
            ("CACHE_ENABLED", "0", "settings.CACHING['ENABLED']", False),
            ("CACHE_DIRECTORY", "/dev/shm", "settings.CACHING['DIRECTORY']", "/dev/shm"),
            ("TIME_ZONE", "Europe/Berlin", "settings.TIME_ZONE", "Europe/Berlin"),
            ("ALLOWED_HOSTS", "a.example,b.example", "settings.ALLOWED_HOSTS", ["a.example", "b.example"]),
            ("HTTPS_ONLY", "1", "settings.SESSION_COOKIE_SECURE", True),
            ("LOG_LEVEL", "debug", "settings.LOGGING['loggers']['caching']['level']", "DEBUG"),
        ],
    )
    def test_a_variable_sets(self, variable: str, value: str, expression: str, expected: object) -> None:
        assert setting(expression, **{variable: value}) == expected
