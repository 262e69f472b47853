"""What all reads of a process share: clock, settings and stores; and whether an entry may be served."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Self

from ..coherence.dirty import dirty_watchers, is_dirty
from ..coherence.publishing import publisher
from ..conf import Config
from ..monitoring.recorder import StatsRecorder
from ..stores.aliases import is_process_local
from ..stores.generations import GenerationStore
from .aging import expires_at
from .background import Background
from .single_flight import SingleFlight
from .tiers import Entry, SharedTier

switched_off: ContextVar[int] = ContextVar("caching_switched_off", default=0)
"""The number of ``caching_disabled()`` blocks around the current context."""
open_blocks: set[object] = set()
"""The open blocks of all contexts. While there are none, a hit need not read the context variable."""


class Runtime:
    """The stores of this process, opened from the settings at the first use.

    ``clock`` gives seconds; times to live are measured with it.
    """

    generations: GenerationStore
    recorder: StatsRecorder
    scope: Callable[[], str | None] | None
    shared: SharedTier | None

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.enabled = True
        self.single_flight = SingleFlight()
        self.background = Background()
        self.on_reconfigure: list[Callable[[], None]] = []
        """Callbacks that ``reconfigure`` calls."""
        self.on_shared_fault: Callable[[], None] = lambda: None
        """Called at each fault of the shared tier."""
        self._config: Config | None = None
        self._lock = threading.RLock()

    @property
    def config(self) -> Config:
        """The configuration in use; the first call reads the settings and opens the stores."""
        if self._config is None:
            with self._lock:
                if self._config is None:
                    self._config = self._set_up(Config.from_settings())
        return self._config

    def opened(self) -> Self:
        """Return this, with the settings read and the stores open: what a first use that is no read asks for."""
        _ = self.config
        return self

    def _set_up(self, config: Config) -> Config:
        self.recorder = StatsRecorder(config.directory)
        self.generations = publisher.store
        self.enabled = config.ENABLED
        self.scope = config.scope()
        alias = config.SHARED_ALIAS
        self.shared = None
        if alias is not None and not is_process_local(alias):
            self.shared = SharedTier(alias, self.generations, lambda: self.on_shared_fault())
        return config

    def reconfigure(self) -> None:
        """Discard everything, so that the next use starts afresh; after a fork and in tests."""
        self._lock = threading.RLock()
        if self._config is not None:
            self.recorder.close()
        self._config = None
        self.single_flight, self.background = SingleFlight(), Background()
        self.forget_places()

    def forget_places(self) -> None:
        """Discard everything that is held, and all kinds of keys; they are made anew as the settings are now."""
        for forget in self.on_reconfigure:
            forget()

    # -- may this be served? ------------------------------------------------------------------------------------------

    @property
    def is_serving(self) -> bool:
        """Whether the settings and the calling context allow values to be served and stored at all."""
        return self.enabled and not (open_blocks and switched_off.get())

    def may_serve(self, entry: Entry) -> bool:
        """Whether an entry may be served to this caller now: not expired, not invalidated, not written by its thread.

        This is the only place that decides it for one entry; ``may_serve_each`` does the same for several.
        """
        return (
            entry.deadline > self.clock()
            and self.generations.holds(entry.stamp)
            # The same as ``is_serving``, without a call: a hit takes only a few microseconds.
            and self.enabled
            and not (open_blocks and switched_off.get())
            and (not dirty_watchers or not is_dirty(entry.stamp.tags))
        )

    def may_serve_each(self, entries: Sequence[Entry]) -> list[bool]:
        """Return the result of ``may_serve`` for each entry, with one check of the generations."""
        if not entries or not self.is_serving:
            return [False] * len(entries)
        now = self.clock()
        holding = self.generations.holding([entry.stamp for entry in entries])
        return [
            holds and expires_at(entry) > now and (not dirty_watchers or not is_dirty(entry.stamp.tags))
            for entry, holds in zip(entries, holding, strict=True)
        ]


@contextmanager
def caching_disabled() -> Iterator[None]:
    """Inside the block, load every value and store nothing; writes still publish. Blocks can be nested."""
    open_blocks.add(block := object())
    token = switched_off.set(switched_off.get() + 1)
    try:
        yield
    finally:
        switched_off.reset(token)
        open_blocks.discard(block)
