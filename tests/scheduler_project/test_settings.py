import pytest

from caching.conf import Config
from scheduler_project.databases import LOCK_SECONDS, STATEMENT_SECONDS
from scheduler_project.environment import VAR_DIR
from tests.scheduler_project.starting import setting, start


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


class EnvironmentTests:
    def test_redis_adds_the_shared_alias(self) -> None:
        shown = "[settings.CACHING['SHARED_ALIAS'], settings.CACHES['shared']['BACKEND']]"

        assert setting(shown, REDIS_URL="redis://localhost:6379/0") == ["shared", "django_redis.cache.RedisCache"]
        assert setting("settings.CACHING['SHARED_ALIAS']") is None

    def test_limits_of_postgresql_are_below_the_seconds_of_an_intent(self) -> None:
        options = "settings.DATABASES['default']['OPTIONS']['options']"
        limits = {"DATABASE_LOCK_SECONDS": "2", "DATABASE_STATEMENT_SECONDS": "4.5"}

        assert setting(options, DATABASE_URL="postgresql:///x") == "-c lock_timeout=10000 -c statement_timeout=20000"
        assert setting(options, DATABASE_URL="postgresql:///x", **limits) == (
            "-c lock_timeout=2000 -c statement_timeout=4500"
        )
        assert LOCK_SECONDS < STATEMENT_SECONDS < Config.from_settings().INTENT_SECONDS

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
