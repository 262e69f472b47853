"""The one gate through which generations change: it opens the store, counts, logs, and says when delivery fails."""

import logging
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from ..conf import Config
from ..exceptions import WriteRefused
from .generations import GenerationStore, GenerationsUnavailable, Intent
from .shared_memory import SharedMemoryGenerations

logger = logging.getLogger("caching")
_MOST_LOGGED_TAGS = 8


class Publisher:
    """The generations of this process and what happens around a change of them.

    ``listeners`` are called with (tags, causes) after each invalidation, in the thread that made it.
    """

    def __init__(self, config: Callable[[], Config] = Config.from_settings) -> None:
        self._config = config
        self.listeners: list[Callable[[Iterable[str], Iterable[str]], None]] = []
        self.undelivered = 0
        """Invalidations that could not be delivered since this process started."""

    @cached_property
    def store(self) -> GenerationStore:
        config = self._config()
        if config.GENERATIONS == "redis":
            raise ImproperlyConfigured(
                'CACHING["GENERATIONS"] is "redis", which is not there yet. Use "memory" (one host) or "auto".'
            )
        directory = Path(config.DIRECTORY) if config.DIRECTORY else Path.cwd() / "var"
        return SharedMemoryGenerations(directory, intent_seconds=config.INTENT_SECONDS)

    def use(self, store: GenerationStore) -> None:
        """Take another store of generations from now on."""
        self.__dict__["store"] = store

    def forget(self) -> None:
        """Open the store anew at the next use, by the settings of then."""
        self.__dict__.pop("store", None)

    def begin(self, tags: Iterable[str]) -> Intent | None:
        """Open an intent for a COMMIT.

        If the store cannot be reached: None where nobody can serve from it; else WriteRefused, before the COMMIT.
        """
        try:
            return self.store.begin(tags)
        except GenerationsUnavailable as error:
            self._failed(tags, error)
            if error.others_serve:
                raise WriteRefused(
                    f"The write was not committed: {error} Other processes would go on serving the old value. "
                    "Let this process open that file."
                ) from error
            return None

    def end(self, intent: Intent | None, causes: Iterable[str]) -> None:
        """End an intent after its COMMIT."""
        if intent is None:
            return
        try:
            self.store.end(intent)
        except GenerationsUnavailable as error:
            self._failed(intent.tags, error)
            return
        self._invalidated(intent.tags, causes)

    def withdraw(self, intent: Intent | None) -> None:
        """End an intent whose statement was refused by the database: nothing was written."""
        if intent is not None:
            try:
                self.store.end(intent)
            except GenerationsUnavailable:
                # Nothing was written, and the intent expires by itself.
                return

    def publish(self, tags: Iterable[str], cause: str) -> None:
        """Invalidate at once."""
        tags = tuple(tags)
        try:
            self.store.publish(tags)
        except GenerationsUnavailable as error:
            self._failed(tags, error)
            return
        self._invalidated(tags, (cause,))

    def _invalidated(self, tags: Iterable[str], causes: Iterable[str]) -> None:
        for listener in self.listeners:
            listener(tags, causes)
        if logger.isEnabledFor(logging.INFO):
            logger.info("Invalidated by %s: %s", ", ".join(sorted(causes)), _shortened(tags))

    def _failed(self, tags: Iterable[str], error: GenerationsUnavailable) -> None:
        self.undelivered += 1
        logger.error("An invalidation was not delivered. %s Tags: %s", error, _shortened(tags))


def _shortened(tags: Iterable[str]) -> str:
    listed = sorted(tags)
    more = len(listed) - _MOST_LOGGED_TAGS
    return ", ".join(listed[:_MOST_LOGGED_TAGS]) + (f" and {more} more" if more > 0 else "")


publisher = Publisher()
