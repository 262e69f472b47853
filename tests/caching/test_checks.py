"""Each check: what it says of a mistake, with the hint that can be followed, and that it is silent without one."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import connection, connections
from pytest_django.fixtures import Settings

from caching import checks
from caching.coherence.late import note_if_late
from tests import valkey
from tests.caching.coherence.test_triggers import trigger
from tests.valkey import Valkey


def found(check: Any) -> list[tuple[str, str, str]]:
    return [(message.id, message.msg, message.hint) for message in check()]


def numbers(document: str) -> set[str]:
    """Return the ids that a docstring names: "caching.W004 to W006" are three."""
    named = re.findall(r"([EWI])(\d{3})(?: to [EWI](\d{3}))?", document)
    return {f"{letter}{n:03}" for letter, first, last in named for n in range(int(first), int(last or first) + 1)}


# Django's own checks of JSON fields ask the database, once in a process.
@pytest.mark.django_db
class AllTests:
    def test_the_project_has_no_mistake(self) -> None:
        assert [message for message in run_checks() if message.id.startswith("caching.")] == []

    @pytest.mark.parametrize(
        "identifier", ["E001", "E002", "E003", "E004", "E005", "E007", *(f"W00{n}" for n in range(1, 10)), "I001"]
    )
    def test_every_id_is_documented_by_its_check(self, identifier: str) -> None:
        documents = [function.__doc__ or "" for name, function in vars(checks).items() if name.startswith("check_")]
        assert any(identifier in numbers(document) for document in documents)

    def test_a_broken_configuration_is_told_once(self, settings: Settings) -> None:
        settings.CACHING = {"ENABLE": True}
        assert [message.id for message in run_checks() if message.id.startswith("caching.")] == ["caching.E001"]


class OptionsTests:
    def test_an_unknown_option_is_an_error(self, settings: Settings) -> None:
        settings.CACHING = {"ENABLE": True}
        ((identifier, message, hint),) = found(checks.check_options)
        assert identifier == "caching.E001"
        assert message.startswith("CACHING has unknown options ['ENABLE']. Known options: ENABLED, SHARED_ALIAS")
        assert hint == "Correct settings.CACHING."

    @pytest.mark.parametrize(
        "value", [{"TTL": 5}, {"TTL": {"x": 0}}, {"INTENT_SECONDS": "long"}, {"OUTBOX": "x"}, 5, None, ["TTL"]]
    )
    def test_a_value_that_cannot_be_used_is_an_error(self, value: Any, settings: Settings) -> None:
        settings.CACHING = value
        assert [identifier for identifier, _, _ in found(checks.check_options)] == ["caching.E001"]


class SharedAliasTests:
    def test_a_missing_alias_is_an_error(self, settings: Settings) -> None:
        settings.CACHING = {**settings.CACHING, "SHARED_ALIAS": "shared"}
        assert found(checks.check_shared_alias) == [
            (
                "caching.E002",
                "CACHING[\"SHARED_ALIAS\"] is 'shared', which settings.CACHES does not have.",
                "Add CACHES['shared'], or set SHARED_ALIAS to one of ['default'] or to None.",
            )
        ]

    def test_a_backend_of_one_process_is_a_warning(self, settings: Settings) -> None:
        settings.CACHING = {**settings.CACHING, "SHARED_ALIAS": "default"}
        assert found(checks.check_shared_alias) == [
            (
                "caching.W001",
                "CACHES['default'] lives in one process and is not used as a shared tier.",
                "Use a backend that all processes share (Redis, a file, a database), or SHARED_ALIAS = None.",
            )
        ]

    def test_a_shared_backend_is_fine(self, file_tier: Path) -> None:
        assert found(checks.check_shared_alias) == []


class DirectoryTests:
    def test_a_directory_that_cannot_be_used_is_an_error(self, settings: Settings, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        directory = str(tmp_path / "file")
        settings.CACHING = {**settings.CACHING, "DIRECTORY": directory}
        ((identifier, message, hint),) = found(checks.check_directory)
        assert identifier == "caching.E003"
        assert message.startswith(f"Generations cannot be shared between processes: {directory}")
        way_out = 'or set CACHING["DIRECTORY"] to a folder where it can.'
        assert hint == f"Let this user create files in {directory}, {way_out}"

    def test_the_error_names_the_folder_that_is_used_where_none_is_set(
        self, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "var").touch()
        monkeypatch.chdir(tmp_path)
        settings.CACHING = {**settings.CACHING, "DIRECTORY": None}
        ((_, _, hint),) = found(checks.check_directory)
        assert f"create files in {tmp_path / 'var'}," in hint

    def test_no_directory_is_a_warning(
        self, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        settings.CACHING = {name: value for name, value in settings.CACHING.items() if name != "DIRECTORY"}
        assert found(checks.check_writable_directory) == [
            (
                "caching.W003",
                'CACHING["DIRECTORY"] is not set: processes started in other folders would not see each other\'s '
                "writes.",
                f"Set CACHING[\"DIRECTORY\"], for example to '{tmp_path}/var'.",
            )
        ]

    def test_a_directory_is_fine(self) -> None:
        assert found(checks.check_directory) == found(checks.check_writable_directory) == []


class IntentSecondsTests:
    def test_a_busy_timeout_that_is_as_long_is_a_warning(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(connections.settings["default"], "ENGINE", "django.db.backends.sqlite3")
        monkeypatch.setitem(connections.settings["default"], "OPTIONS", {"timeout": 20})
        settings.CACHING = {**settings.CACHING, "INTENT_SECONDS": 20}
        assert found(checks.check_intent_seconds) == [
            (
                "caching.W002",
                "The busy timeout of DATABASES['default'] is 20.0 s, CACHING[\"INTENT_SECONDS\"] only 20 s.",
                'Set CACHING["INTENT_SECONDS"] above 20.0.',
            )
        ]
        settings.CACHING = {**settings.CACHING, "INTENT_SECONDS": 20.5}
        assert found(checks.check_intent_seconds) == []


@pytest.mark.django_db
class StatementTimeoutTests:
    @pytest.fixture(autouse=True)
    def _on_postgresql(self) -> None:
        if connection.vendor != "postgresql":
            pytest.skip("Only PostgreSQL has a statement_timeout.")

    def messages(self) -> list[tuple[str, str]]:
        return [(found.id, found.msg) for found in checks.check_intent_seconds(databases=["default"])]

    def test_the_project_has_one(self) -> None:
        assert self.messages() == []

    def test_none_is_a_warning(self) -> None:
        connection.cursor().execute("SET LOCAL statement_timeout = 0")
        ((identifier, message),) = self.messages()
        assert identifier == "caching.W002"
        assert message == (
            "The statement_timeout of DATABASES['default'] is 0: there is no limit. "
            'CACHING["INTENT_SECONDS"] is 30 s.'
        )

    def test_one_that_is_as_long_is_a_warning(self, settings: Settings) -> None:
        connection.cursor().execute("SET LOCAL statement_timeout = '2.5s'")
        settings.CACHING = {**settings.CACHING, "INTENT_SECONDS": 2.5}
        ((_, message),) = self.messages()
        assert "is 2.5 s. " in message
        settings.CACHING = {**settings.CACHING, "INTENT_SECONDS": 2.6}
        assert self.messages() == []


class DatabaseCascadesTests:
    def test_without_such_a_field_it_says_nothing(self) -> None:
        assert found(checks.check_database_cascades) == []


class SerializerTests:
    def test_an_alias_that_unpickles_is_an_error(self, settings: Settings) -> None:
        settings.CACHES = {
            **settings.CACHES,
            "shared": {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": "redis://127.0.0.1:1/0"},
        }
        settings.CACHING = {**settings.CACHING, "SHARED_ALIAS": "shared"}
        assert found(checks.check_serializer) == [
            (
                "caching.E005",
                "CACHES['shared'] unpickles what it reads: anyone who can write to the server can run code here.",
                'Set CACHES[\'shared\']["OPTIONS"]["SERIALIZER"] = "caching.serializers.BytesSerializer".',
            )
        ]

    def test_generations_in_redis_need_an_alias_of_redis(self, settings: Settings) -> None:
        settings.CACHING = {**settings.CACHING, "GENERATIONS": "redis"}
        ((identifier, message, _),) = found(checks.check_serializer)
        assert identifier == "caching.E004"
        assert "the alias None is not served by django-redis" in message

    @pytest.mark.django_db
    def test_the_project_has_no_mistake_with_a_server(self, shared_valkey: Valkey) -> None:
        assert [message for message in run_checks() if message.id.startswith("caching.")] == []


class ServerTests:
    def test_one_that_cannot_be_reached_is_a_warning(self, settings: Settings) -> None:
        settings.CACHES = {**settings.CACHES, "shared": valkey.alias("redis://127.0.0.1:1/0")}
        settings.CACHING = {**settings.CACHING, "SHARED_ALIAS": "shared"}
        ((identifier, message, hint),) = found(checks.check_server)
        assert identifier == "caching.W004"
        assert message.startswith("The server of 'shared' cannot be reached")
        assert hint == "Start the server, or correct REDIS_URL."

    def test_one_that_refuses_tracking_is_a_warning(self, shared_valkey: Valkey, settings: Settings) -> None:
        shared_valkey.client().execute_command(
            *("ACL SETUSER", "app", "on", ">secret", "~*", "&*", "+@all", "-client|tracking")
        )
        settings.CACHES = {
            **settings.CACHES,
            "shared": valkey.alias(f"redis://app:secret@127.0.0.1:{shared_valkey.port}/0"),
        }
        assert [identifier for identifier, _, _ in found(checks.check_server)] == ["caching.W005"]

    def test_one_that_evicts_the_marks_of_writes_is_a_warning(self, shared_valkey: Valkey) -> None:
        client = shared_valkey.client()
        before = client.config_get("maxmemory-policy")["maxmemory-policy"]
        client.config_set("maxmemory-policy", "volatile-ttl")
        try:
            assert [identifier for identifier, _, _ in found(checks.check_server)] == ["caching.W006"]
        finally:
            client.config_set("maxmemory-policy", before)

    def test_in_shared_memory_there_is_none(self) -> None:
        assert found(checks.check_server) == []


class OutboxTests:
    @pytest.mark.django_db(transaction=True)
    def test_a_database_without_its_table_is_a_warning(self, shared_valkey: Valkey) -> None:
        assert checks.check_outbox(databases=["default"]) == []
        call_command("migrate", "caching", "zero", verbosity=0)
        try:
            (warning,) = checks.check_outbox(databases=["default"])
        finally:
            # All of them: the migrations of scheduling that build on these were taken back too.
            call_command("migrate", verbosity=0)
        assert warning.id == "caching.W007"
        assert warning.hint == "Run manage.py migrate caching --database default."


class ScopeTests:
    @pytest.mark.parametrize(
        "path", ["caching.scopes.nothing", "no_such_module.scope", "scope", "caching.conf.DEFAULT_TTL"]
    )
    def test_a_path_without_a_callable_is_an_error(self, path: str, settings: Settings) -> None:
        settings.CACHING = {"SCOPE": path}
        ((identifier, message, hint),) = found(checks.check_scope)
        assert identifier == "caching.E007"
        assert repr(path) in message
        assert "dotted path" in hint

    @pytest.mark.parametrize("path", [None, "caching.scopes.schema_name"])
    def test_is_silent_about_a_callable(self, path: str | None, settings: Settings) -> None:
        settings.CACHING = {"SCOPE": path}
        assert found(checks.check_scope) == []


@pytest.mark.django_db(transaction=True)
class TriggerTests:
    def test_one_that_writes_rows_of_a_watched_model_is_a_warning(self) -> None:
        with trigger("scheduling_skill", "UPDATE scheduling_department SET name = 'x';"):
            (message,) = checks.check_triggers(databases=["default"])
        assert message.id == "caching.W009"
        assert "of the table 'scheduling_skill' writes rows of scheduling.Department" in message.msg
        assert 'watch("scheduling.Department", tables=("scheduling_skill",))' in str(message.hint)

    def test_the_project_has_none(self) -> None:
        assert checks.check_triggers(databases=["default"]) == []


class LateDeclarationTests:
    def test_names_what_was_declared_and_where_it_belongs(self) -> None:
        note_if_late("The watch of shop.Order")
        (message,) = [message for message in checks.check_late_declarations() if message.id == "caching.W008"]
        assert "The watch of shop.Order" in message.msg
        assert "ready()" in str(message.hint)
