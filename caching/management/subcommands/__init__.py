"""The subcommands of ``manage.py cache``, one class in one file each.

stats  what was counted, by type and kind
clear  drop cached values by type, key, pattern or model
drain  publish what the outbox holds
"""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from django.core.management.base import BaseCommand, CommandError, CommandParser

if TYPE_CHECKING:
    from rich.console import Console

FAILED = 1
USAGE = 2
WIDTH_OF_A_PIPE = 140


class Subcommand(ABC):
    """One subcommand. It raises CommandError with a sentence and an exit code, or CachingError for wrong usage."""

    name: ClassVar[str]
    help: ClassVar[str]
    epilog: ClassVar[str | None] = None

    def __init__(self, command: BaseCommand, *, no_color: bool) -> None:
        self.stdout, self.stderr = command.stdout, command.stderr
        self._no_color = no_color

    @staticmethod
    @abstractmethod
    def add_arguments(parser: CommandParser) -> None:
        """Declare the arguments that ``handle`` takes."""

    @abstractmethod
    def handle(self, **options: Any) -> None:
        """Do it; options that the subcommand does not know are Django's own."""

    def say(self, sentence: str) -> None:
        """Write a message, which is no data, to stderr."""
        self.stderr.write(sentence, self.stderr_style)

    @staticmethod
    def stderr_style(text: str) -> str:
        # Django paints stderr red; a message is no error.
        return text

    def console(self, *, on_terminal: bool = False) -> "Console":
        """Return a rich console on stdout, or on the terminal itself. It looks for NO_COLOR on its own.

        Raises CommandError where the package rich is not installed.
        """
        try:
            from rich.console import Console
        except ImportError as error:
            raise CommandError(
                "A table needs the package rich: pip install rich, or use --format json or csv.", returncode=FAILED
            ) from error
        no_color = True if self._no_color else None
        if on_terminal:
            return Console(no_color=no_color, highlight=False)
        width = None if self.stdout.isatty() else WIDTH_OF_A_PIPE
        return Console(file=self.stdout, width=width, no_color=no_color, highlight=False)  # type: ignore[arg-type]
