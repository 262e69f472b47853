"""The subcommands of `manage.py cache`, each a class in its own file.

stats    show hits, misses, entries and invalidations
clear    drop cached values, by type, key, pattern or model
warm     load what is worth it into the shared tier
verify   compare what is held with the database
explain  show where a key is held, and who invalidated it
log      show who invalidated what
doctor   look at configuration, tiers, clock, directory and processes
sample   write the history now
drain    publish the contents of the outbox
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
    """A subcommand. It raises CommandError with a sentence and an exit code, or CachingError for wrong usage."""

    name: ClassVar[str]
    help: ClassVar[str]
    epilog: ClassVar[str | None] = None

    def __init__(self, command: BaseCommand, *, no_color: bool) -> None:
        self.stdout, self.stderr = command.stdout, command.stderr
        self._no_color = no_color

    @staticmethod
    @abstractmethod
    def add_arguments(parser: CommandParser) -> None:
        """Declare the arguments of ``handle``."""

    @abstractmethod
    def handle(self, **options: Any) -> None:
        """Run the subcommand. ``options`` also contains Django's own options."""

    def say(self, sentence: str) -> None:
        """Write a message to stderr; stdout is for data."""
        self.stderr.write(sentence, self.stderr_style)

    @staticmethod
    def stderr_style(text: str) -> str:
        # Django colours stderr red, but these messages are not errors.
        return text

    def console(self, *, on_terminal: bool = False) -> "Console":
        """Return a rich console on stdout, or on the terminal itself. It respects NO_COLOR.

        Raises CommandError if the package rich is not installed.
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
