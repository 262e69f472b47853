"""Logs that nobody can forge: only an entry begins a line, and nothing in it is obeyed by a terminal."""

import logging
from types import TracebackType
from typing import Any

INDENT = "  "

_Exception = (
    tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None] | tuple[Any, Any, Any]
)


def escaped(text: str) -> str:
    """Return the text on one line, with a line break as \\n, an escape code as \\x1b, and so on."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


class LineFormatter(logging.Formatter):
    """Escapes what a path, a name or an exception contains. The lines of a traceback are indented."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  (the name that logging gives it)
        return escaped(super().formatMessage(record))

    def formatException(self, ei: _Exception) -> str:  # noqa: N802
        return _indented(super().formatException(ei))

    def formatStack(self, stack_info: str) -> str:  # noqa: N802
        return _indented(super().formatStack(stack_info))


def _indented(text: str) -> str:
    return "\n".join(INDENT + escaped(line) for line in text.split("\n"))


def logging_of(level: str) -> dict[str, Any]:
    """Return settings.LOGGING, with a level for the loggers of this project."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": "scheduler_project.logs.LineFormatter",
                "format": "{asctime} {levelname} {name}: {message}",
                "style": "{",
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        # At the root, so that no entry takes another way to the log.
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {
            **{name: {"level": level} for name in ("caching", "scheduling", "axes")},
            # Refused requests, and failed ones with their tracebacks. Django's own handlers are silent without DEBUG.
            # Never below WARNING: its queries contain what people are called.
            "django": {"handlers": [], "level": level if level in ("ERROR", "CRITICAL") else "WARNING"},
        },
    }
