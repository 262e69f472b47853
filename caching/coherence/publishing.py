"""The Publisher, through which all generations change: it opens the store, logs, counts and reports failures."""

import logging
import os
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from time import perf_counter
from typing import cast

from ..conf import Config
from ..exceptions import WriteRefused
from ..keys import without_value
from ..stores.aliases import is_redis
from ..stores.generations import GenerationStore, GenerationsUnavailable, Intent
from ..stores.shared_memory import SharedMemoryGenerations
from .outbox import drain

logger = logging.getLogger("caching")
_MAX_LOGGED_TAGS = 8


class Publisher:
    """Changes generations for this process, and does what goes with a change.

    ``listeners`` are called with (tags, causes, seconds) after each invalidation, in the thread that caused it; the
    seconds are those that the publication took.
    """

    def __init__(self, config: Callable[[], Config] = Config.from_settings) -> None:
        self._config = config
        self._lock = threading.Lock()
        self.listeners: list[Callable[[Iterable[str], Iterable[str], float], None]] = []
        self.undelivered = 0
        """The number of invalidations that could not be delivered since this process started."""

    @cached_property
    def store(self) -> GenerationStore:
        """The store of this process; the first access creates it from the settings."""
        with self._lock:
            # Two stores in one process would not see each other's writes during an outage.
            if "store" not in self.__dict__:
                self.__dict__["store"] = self._store_of_the_settings()
            return cast(GenerationStore, self.__dict__["store"])

    def _store_of_the_settings(self) -> GenerationStore:
        config = self._config()
        if config.GENERATIONS == "redis" or (config.GENERATIONS == "auto" and is_redis(config.SHARED_ALIAS)):
            # Imported here because a project without Redis need not install its packages.
            from ..stores.redis.store import RedisGenerations

            return RedisGenerations(
                config.SHARED_ALIAS or "",
                intent_seconds=config.INTENT_SECONDS,
                degraded_seconds=config.DEGRADED_TTL,
                strict=config.STRICT,
                drain_outbox=drain,
            )
        directory = config.directory or Path.cwd() / "var"
        return SharedMemoryGenerations(directory, intent_seconds=config.INTENT_SECONDS)

    @cached_property
    def keeps_a_record(self) -> bool:
        """Whether every transaction leaves a row in the outbox, even while the store can be reached."""
        return self.store.has_outbox and self._config().OUTBOX == "always"

    def use(self, store: GenerationStore) -> None:
        """Replace the store of generations."""
        self.__dict__["store"] = store

    def unlock(self) -> None:
        """Replace the lock after a fork: a thread of the parent may have held it."""
        self._lock = threading.Lock()

    def forget(self) -> None:
        """Close the store; the next use creates it again from the settings of that moment."""
        store = self.__dict__.pop("store", None)
        self.__dict__.pop("keeps_a_record", None)
        if store is not None:
            store.close()

    def begin(self, tags: Iterable[str]) -> Intent | None:
        """Open an intent for a COMMIT.

        If the store cannot be reached, there are three cases: a store with an outbox returns an intent that is
        ``undelivered``; if no process can be serving from the store, return None; otherwise raise WriteRefused, before
        the COMMIT.
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

    def end(self, intent: Intent | None, tags: Iterable[str], causes: Iterable[str]) -> bool:
        """End the intent after its COMMIT; return whether its tags must still be left in the outbox."""
        if intent is None:
            self._publish_late(tags, causes)
            return False
        started = perf_counter()
        try:
            self.store.end(intent)
        except GenerationsUnavailable as error:
            if not intent.undelivered:
                self._failed(intent.tags, error)
            return self.store.has_outbox and not intent.undelivered
        finally:
            self._invalidated(intent.tags, causes, started)
        return False

    def _publish_late(self, tags: Iterable[str], causes: Iterable[str]) -> None:
        """Publish a COMMIT made while no process could serve: by now one may have cached the values from before it."""
        started = perf_counter()
        try:
            self.store.publish(tags)
        except GenerationsUnavailable as error:
            if error.others_serve:
                self._failed(tags, error)
            return
        self._invalidated(tags, causes, started)

    def withdraw(self, intent: Intent | None) -> None:
        """End an intent whose statement was refused by the database, so that nothing was written."""
        if intent is not None:
            try:
                self.store.end(intent)
            except GenerationsUnavailable:
                # Nothing was written, and the intent will expire by itself.
                return

    def publish(self, tags: Iterable[str], cause: str) -> bool:
        """Invalidate at once; return whether the tags must still be left in the outbox."""
        tags, started = tuple(tags), perf_counter()
        try:
            self.store.publish(tags)
        except GenerationsUnavailable as error:
            self._failed(tags, error)
            return self.store.has_outbox
        self._invalidated(tags, (cause,), started)
        return False

    def left_behind(self, tags: Iterable[str]) -> None:
        """Log and count tags that are waiting in the outbox."""
        self._failed(tags, "The generations cannot be reached; the tags wait in the outbox.")

    def repeat(self, tags: Iterable[str]) -> None:
        """Invalidate tags again that were left in the outbox; it does not matter whether this is delivered."""
        with suppress(GenerationsUnavailable):
            self.store.publish(tags)

    def _invalidated(self, tags: Iterable[str], causes: Iterable[str], started: float) -> None:
        seconds = perf_counter() - started
        for listener in self.listeners:
            listener(tags, causes, seconds)
        if logger.isEnabledFor(logging.INFO):
            logger.info("Invalidated by %s: %s", ", ".join(sorted(causes)), _shortened(tags))

    def _failed(self, tags: Iterable[str], error: GenerationsUnavailable | str) -> None:
        self.undelivered += 1
        logger.error("An invalidation was not delivered. %s Tags: %s", error, _shortened(map(without_value, tags)))


def _shortened(tags: Iterable[str]) -> str:
    listed = sorted(set(tags))
    more = len(listed) - _MAX_LOGGED_TAGS
    return ", ".join(listed[:_MAX_LOGGED_TAGS]) + (f" and {more} more" if more > 0 else "")


publisher = Publisher()
os.register_at_fork(after_in_child=publisher.unlock)
