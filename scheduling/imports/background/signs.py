"""Whether the process of a run lives, how far it is, and whether it should stop.

An import writes in one transaction, and nobody sees what it has written before its end. So its signs need another way
than that transaction. PostgreSQL has room for a second one, which updates the row of the run. SQLite has one writer at
a time, which is the import: there the signs are files in a folder beside the database, where every process that can
open the database finds them. The process holds a lock on one of these files, which the system takes away from it when
it dies, however it dies.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar
from uuid import UUID

from django.db import router

from scheduling.models import ImportRun

BEAT_SECONDS = 2
"""How often a process shows that it lives."""
SILENT_SECONDS = 10
"""After so long without a sign of life, a process is taken to be dead. Several of its beats in a row were late then."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What the signs of a run say."""

    alive: bool
    silent_seconds: float = 0
    """How long ago the last sign was."""
    progress: Mapping[str, Any] = field(default_factory=dict)
    """What the process has said about itself, as `reports.Report` writes it."""
    is_stopping: bool = False
    """Whether somebody has asked it to stop."""


@dataclass(frozen=True)
class Heard:
    """What a process is told when it shows that it lives."""

    is_holder: bool
    """Whether the run is still its own."""
    stopped_by: int | None = None
    """The key of the user who asked it to stop."""


class Signs(ABC):
    """The signs of one run."""

    is_shared: ClassVar[bool]
    """Whether other hosts see them, so that nothing but silence shows that a process is dead."""

    def __init__(self, key: UUID) -> None:
        self.key = key
        self.using = router.db_for_write(ImportRun)

    @property
    def _row(self) -> Any:
        return ImportRun.objects.using(self.using).filter(pk=self.key)

    @abstractmethod
    def take(self, lease: str, handed: int | None = None) -> bool:
        """Begin to hold the run under a lease, before the row says so. False if another process holds it.

        `handed` is the descriptor of a lock that the parent process has handed down.
        """

    @abstractmethod
    def inherited(self) -> tuple[int, ...]:
        """Return the descriptors that a child process needs to hold the run in the place of this one."""

    @abstractmethod
    def give_up(self) -> None:
        """Stop holding the run in this process; a child that has inherited the hold keeps it."""

    @abstractmethod
    def beat(self, lease: str, progress: Mapping[str, Any]) -> Heard:
        """Show that this process lives, and how far it is."""

    @abstractmethod
    def vouch(self, lease: str) -> bool:
        """Show that a process is there that has said nothing yet. False if that is not needed."""

    @abstractmethod
    def look(self, run: ImportRun) -> Seen:
        """Return what another process sees of a run that is running."""

    @abstractmethod
    def ask_to_stop(self, user: Any) -> bool:
        """Ask the process to stop. It does so after the batch that it is writing. False if it has ended by now."""

    @abstractmethod
    def clear(self) -> int | None:
        """Remove what is left of a run that has ended. Returns who has asked it to stop, if the row does not say so."""
