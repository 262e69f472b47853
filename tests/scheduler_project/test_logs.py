"""Entries that somebody tries to forge."""

import logging
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler_project.logs import LineFormatter, escaped
from tests.scheduler_project.starting import setting, start

FORMATTER = LineFormatter("{levelname} {name}: {message}", style="{")


def line(message: str, **more: object) -> str:
    record = logging.makeLogRecord({"name": "django.request", "levelname": "WARNING", "msg": message, **more})
    return FORMATTER.format(record)


class EscapedTests:
    @pytest.mark.parametrize(
        ("text", "written"),
        [
            ("/admin/\n2026-11-29 ERROR forged", "/admin/\\n2026-11-29 ERROR forged"),
            ("\x1b[2J\x1b[31m", "\\x1b[2J\\x1b[31m"),
            ("\r\x00\x7f\x85", "\\r\\x00\\x7f\\x85"),
            ("\u2028\u202e\ud800", "\\u2028\\u202e\\ud800"),
            ("Zoë, 日本", "Zoë, 日本"),
        ],
    )
    def test_writes(self, text: str, written: str) -> None:
        assert escaped(text) == written

    @given(st.text(st.characters()))
    def test_leaves_nothing_that_a_terminal_obeys(self, text: str) -> None:
        assert escaped(text).isprintable()
        escaped(text).encode()


class LineFormatterTests:
    def test_an_entry_is_one_line(self) -> None:
        assert line("Not Found: %s", args=("/a\nERROR axes: forged",)) == (
            "WARNING django.request: Not Found: /a\\nERROR axes: forged"
        )

    def test_the_lines_of_a_traceback_are_indented(self) -> None:
        try:
            raise ValueError("one\nERROR axes: forged\x1b[0m")
        except ValueError:
            first, *others = line("failed", exc_info=sys.exc_info()).split("\n")

        assert first == "WARNING django.request: failed"
        assert others[0] == "  Traceback (most recent call last):"
        assert others[-2:] == ["  ValueError: one", "  ERROR axes: forged\\x1b[0m"]
        assert all(each.startswith("  ") for each in others)

    def test_the_lines_of_a_stack_are_indented(self) -> None:
        assert line("here", stack_info="Stack:\n  File").split("\n")[1:] == ["  Stack:", "    File"]


class SettingsTests:
    CODE = """
import django
from django.conf import settings
from django.test import Client
settings.ROOT_URLCONF = "tests.scheduler_project.broken_urls"
django.setup()
client = Client(raise_request_exception=False, SERVER_NAME="localhost")
print(client.get("/fail").status_code)
client.get("/nothing%0A2026-11-29%20ERROR%20axes:%20forged")
"""

    def test_a_failure_leaves_its_traceback_and_no_path_forges_an_entry(self) -> None:
        done = start(code=self.CODE)

        assert done.stdout == "500\n"
        assert (
            " ERROR django.request: Internal Server Error: /fail\n  Traceback (most recent call last):" in done.stderr
        )
        assert "\n  RuntimeError: as it should\n" in done.stderr
        assert ": /nothing\\n2026-11-29 ERROR axes: forged\n" in done.stderr
        assert "\n2026-11-29 ERROR axes: forged" not in done.stderr

    def test_queries_are_not_logged_however_much_is(self) -> None:
        assert setting("settings.LOGGING['loggers']['django']['level']", LOG_LEVEL="debug") == "WARNING"
        assert setting("settings.LOGGING['loggers']['django']['level']", LOG_LEVEL="error") == "ERROR"
