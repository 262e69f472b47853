"""manage.py cache: its subcommands, Django's own options behind them, and the exit code of wrong usage."""

import io

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from caching.management.commands.cache import SUBCOMMANDS, Command
from tests.caching.management.running import refused, run


class CommandTests:
    def test_needs_a_subcommand(self) -> None:
        with pytest.raises(CommandError, match="the following arguments are required: subcommand"):
            call_command("cache")

    def test_an_unknown_subcommand_lists_the_known_ones(self) -> None:
        with pytest.raises(CommandError) as caught:
            call_command("cache", "empty")
        assert all(subcommand.name in str(caught.value) for subcommand in SUBCOMMANDS)

    def test_the_help_names_each_subcommand_and_what_it_does(self) -> None:
        text = " ".join(Command().create_parser("manage.py", "cache").format_help().split())
        for subcommand in SUBCOMMANDS:
            assert f"{subcommand.name} {subcommand.help}" in text

    @pytest.mark.parametrize("option", ["--no-color", "--traceback", "--skip-checks", "-v2"])
    def test_takes_djangos_options_behind_the_subcommand(self, option: str) -> None:
        assert run("stats", "general", "--format", "csv", option)

    def test_an_error_of_the_cache_is_a_sentence_and_code_2(self) -> None:
        message, code = refused("clear", "--key", "general", "name")
        assert message.startswith("'name' is not a cache key.")
        assert code == 2

    @pytest.mark.usefixtures("own_counts")
    def test_messages_are_not_data(self) -> None:
        out, messages = io.StringIO(), io.StringIO()
        call_command("cache", "stats", "general", "--format", "csv", "--fail-under", "5", stdout=out, stderr=messages)
        assert "Not judged" in messages.getvalue()
        assert "Not judged" not in out.getvalue()
