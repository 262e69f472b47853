import dataclasses
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django.fixtures import Settings

from caching.conf import DEFAULT_MAX_SIZE, DEFAULT_TTL, Config


class FromSettingsTests:
    def test_reads_the_projects_settings(self, settings: Settings) -> None:
        config = Config.from_settings()
        assert config.ENABLED is True
        assert config.SHARED_ALIAS is None
        assert config.INTENT_SECONDS == 30
        assert dict(config.TTL) == settings.CACHING["TTL"]
        assert dict(config.MAX_SIZE) == settings.CACHING["MAX_SIZE"]

    def test_needs_no_setting_at_all(self, settings: Settings) -> None:
        del settings.CACHING
        config = Config.from_settings()
        assert (config.default_ttl, config.default_max_size) == (DEFAULT_TTL, DEFAULT_MAX_SIZE)
        assert config.DIRECTORY is None

    def test_an_unknown_option_names_the_known_ones(self, settings: Settings) -> None:
        settings.CACHING = {"ENABLE": False, "TTLS": {}}
        with pytest.raises(ImproperlyConfigured) as caught:
            Config.from_settings()
        assert str(caught.value) == (
            "CACHING has unknown options ['ENABLE', 'TTLS']. Known options: ENABLED, SHARED_ALIAS, GENERATIONS, TTL, "
            "LEARN_TTL, MAX_DRIFT, MAX_SIZE, ENTRY_BYTES, EVICTION, REFRESH, REFILL, DEGRADED_TTL, INTENT_SECONDS, "
            "STRICT, OUTBOX, SCOPE, WARM_ON_START, SAMPLE_SECONDS, VERIFY_SAMPLE, STATS_TOKEN, DIRECTORY."
        )

    @pytest.mark.parametrize("table", ["TTL", "MAX_SIZE"])
    @pytest.mark.parametrize("number", [0, -1, "60", None, True])
    def test_a_number_that_is_not_positive_is_named(self, table: str, number: object, settings: Settings) -> None:
        settings.CACHING = {table: {"employee": number}}
        with pytest.raises(ImproperlyConfigured) as caught:
            Config.from_settings()
        assert str(caught.value) == f'CACHING["{table}"]["employee"] is {number!r}; give a positive number.'

    @pytest.mark.parametrize(
        ("option", "message"),
        [
            ({"GENERATIONS": "disk"}, "CACHING[\"GENERATIONS\"] is 'disk'; allowed: auto, memory, redis."),
            ({"OUTBOX": "never"}, "CACHING[\"OUTBOX\"] is 'never'; allowed: auto, always."),
            ({"LEARN_TTL": 1}, 'CACHING["LEARN_TTL"] is 1; give True or False.'),
            ({"WARM_ON_START": "yes"}, "CACHING[\"WARM_ON_START\"] is 'yes'; give True or False."),
            ({"MAX_DRIFT": 0}, 'CACHING["MAX_DRIFT"] is 0; give a share of the reads above 0 and below 1, like 0.02.'),
            ({"MAX_DRIFT": "2%"}, "above 0 and below 1"),
            ({"ENTRY_BYTES": 100}, 'CACHING["ENTRY_BYTES"] is 100; give at least 1024 bytes.'),
            ({"ENTRY_BYTES": "16k"}, "CACHING[\"ENTRY_BYTES\"] is '16k'; give at least 1024 bytes."),
            ({"EVICTION": {"employee": "lfu"}}, 'CACHING["EVICTION"]["employee"] is \'lfu\'; allowed: sieve, lru.'),
            ({"INTENT_SECONDS": 0}, "INTENT_SECONDS must be above 0"),
            ({"DEGRADED_TTL": -1}, "at least 0 seconds"),
            ({"SAMPLE_SECONDS": -1}, "SAMPLE_SECONDS at least 0 seconds"),
            ({"VERIFY_SAMPLE": -1}, 'CACHING["VERIFY_SAMPLE"] is -1; give a number of entries, or 0 to compare none.'),
            ({"VERIFY_SAMPLE": 0.5}, 'CACHING["VERIFY_SAMPLE"] is 0.5; give a number'),
            ({"STATS_TOKEN": "short"}, 'CACHING["STATS_TOKEN"] has 5 characters; give at least 16'),
        ],
    )
    def test_a_value_that_is_not_allowed_is_named(
        self, option: dict[str, Any], message: str, settings: Settings
    ) -> None:
        settings.CACHING = option
        with pytest.raises(ImproperlyConfigured) as caught:
            Config.from_settings()
        assert message in str(caught.value)

    def test_a_later_change_of_the_dictionary_changes_nothing(self, settings: Settings) -> None:
        table = {"employee": 60}
        settings.CACHING = {"TTL": table}
        config = Config.from_settings()
        table["employee"] = 1
        assert config.TTL["employee"] == 60
        with pytest.raises(TypeError):
            config.TTL["employee"] = 1  # type: ignore[index]
        with pytest.raises(dataclasses.FrozenInstanceError):
            config.ENABLED = False  # type: ignore[misc]


class TTLTests:
    @pytest.mark.parametrize(
        ("name", "type_name", "kind"),
        [
            ("employee_by_email", "employee", "email"),
            ("shift_types", "shift", "types"),
            ("active_rules", "rule", "active"),
            ("employee", "employee", "anything"),
        ],
    )
    def test_is_found_by_each_form_of_name(self, name: str, type_name: str, kind: str) -> None:
        assert Config(TTL={name: 7}).ttl(type_name, kind) == 7

    def test_the_more_exact_name_wins(self) -> None:
        names = ["employee_by_email", "employee_email", "email_employees", "employee"]
        for first in range(len(names)):
            table = {name: position + 1 for position, name in enumerate(names) if position >= first}
            assert Config(TTL=table).ttl("employee", "email") == first + 1

    def test_is_none_for_what_nobody_names(self) -> None:
        assert Config(TTL={"default": 9}).ttl("employee", "email") is None
        assert Config(TTL={"default": 9}).default_ttl == 9

    def test_the_default_size_can_be_set(self) -> None:
        assert Config(MAX_SIZE={"default": 12}).default_max_size == 12
