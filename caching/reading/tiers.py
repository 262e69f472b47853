"""Entries, and the tier that all processes share: a Django cache."""

import logging
import math
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from hashlib import blake2b
from pickle import PickleError
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar, cast

import msgspec
from django.core.cache import caches
from django.core.cache.backends.base import BaseCache
from django.db import DatabaseError, connections

from ..keys import CacheType, key_tag
from ..stores.aliases import is_redis
from ..stores.generations import GenerationStore, Stamp
from ..values.encoding import decode, encode

if TYPE_CHECKING:
    from ..stores.redis.turns import Turns

logger = logging.getLogger("caching")
T = TypeVar("T")

BACKEND_FAULTS = (OSError, EOFError, RuntimeError, ValueError, DatabaseError, PickleError, zlib.error)
"""What a Django cache backend raises when it fails; the last two are raised for damaged values."""

LEASE_SECONDS = 2.0
"""How long a process that loads a value keeps the others waiting at most; then they load it themselves."""


class Entry(msgspec.Struct, frozen=True, gc=False):
    """A cached value in frozen form, the stamp of its dependencies, and its deadline in seconds of the clock."""

    value: Any
    stamp: Stamp
    deadline: float
    """When it expires; or, if it is renewed before, when that is due."""
    expires_at: float = 0.0
    """When it expires, if it is to be renewed before."""


class Envelope(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An entry as stored in the shared tier. One of its tags is that of its key; ``expires_at`` is a POSIX time."""

    identity: bytes
    tags: tuple[str, ...]
    generations: tuple[int, ...]
    expires_at: float
    value: bytes


Within = tuple[str, str]
"""What a key leaves unsaid: what its kind is declared as, and the place of the answer."""
_NOWHERE: Mapping[str, Within] = MappingProxyType({})
_ABSENT = object()
_open = msgspec.msgpack.Decoder(Envelope).decode
_END_BYTES = len(msgspec.msgpack.encode(0.0) + msgspec.msgpack.encode(b""))


class SharedTier:
    """Entries for all processes, as bytes in a Django cache alias, behind a circuit breaker.

    A backend fault is treated as a miss: it is counted and logged at WARNING, never raised. After FAULTS_TO_OPEN faults
    in a row the backend is not called for OPEN_SECONDS; then one call probes it (M. Nygard, Release It!, "Circuit
    Breaker"). Bytes that are damaged or were not written by the cache are logged, deleted and treated as a miss.
    """

    FAULTS_TO_OPEN = 3
    OPEN_SECONDS = 5.0

    def __init__(
        self,
        alias: str,
        generations: GenerationStore,
        on_error: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.alias = alias
        self._generations = generations
        self._on_error = on_error
        self._clock = clock
        self._lock = threading.Lock()
        self._faults = 0
        self._open_until = 0.0
        self._backend_faults = _backend_faults()
        self._connections = None
        self.turns: Turns | None = None
        """The leases of loads, if the backend is a server that can keep them."""
        if is_redis(alias):
            # Imported here because a project without Redis need not install its packages.
            from ..stores.redis import turns
            from ..stores.redis.connections import RedisConnections, reads_plainly

            if reads_plainly(alias):
                self._connections = RedisConnections(alias)
                self.turns = turns.Turns(
                    self._connections,
                    caches[alias].key_prefix,
                    seconds=LEASE_SECONDS,
                    place=lambda name: str(cast("Any", caches[alias]).client.make_key(name)),
                )

    @property
    def is_open(self) -> bool:
        """Whether the circuit breaker is open, so that the backend is not called."""
        return self._faults >= self.FAULTS_TO_OPEN and self._clock() < self._open_until

    def get_entries(
        self,
        declared: CacheType,
        keys: Iterable[str],
        now: float,
        within: Mapping[str, Within] = _NOWHERE,
        accepts: Callable[[str, Any], bool] = lambda key, value: True,
    ) -> dict[str, Entry]:
        """Return the entries of a type by key, in one round trip; the caller must check whether their stamps hold.

        ``now`` is the current time of the caller's clock, to which their deadlines are converted. ``accepts`` says
        whether a frozen value can be the answer for a key.
        """
        keys = list(keys)
        places = _shared_keys(
            [key_tag(declared.name, key) for key in keys], [within.get(key, ("", "")) for key in keys]
        )
        contents = self._guard(partial(self._get_many, places)) or ()
        found = {key: content for key, content in zip(keys, contents, strict=False) if content is not _ABSENT}
        return self.entries_in(found, declared, now, within, accepts)

    def entries_in(
        self,
        contents: Mapping[str, Any],
        declared: CacheType,
        now: float,
        within: Mapping[str, Within] = _NOWHERE,
        accepts: Callable[[str, Any], bool] = lambda key, value: True,
    ) -> dict[str, Entry]:
        """Return the same as ``get_entries``, given by key what the backend holds."""
        time_here = now - time.time()
        entries = {}
        for key, content in contents.items():
            name = key_tag(declared.name, key)
            try:
                entry = self._opened(content, name, declared, time_here)
                if entry is not None and not accepts(key, entry.value):
                    raise ValueError("it is no answer for its key.")
            except ValueError as error:
                self._on_error()
                logger.warning("The shared tier %r held a value that the cache did not write: %s", self.alias, error)
                (place,) = _shared_keys([name], [within.get(key, ("", ""))])
                self._guard(partial(_delete, place))
                continue
            if entry is not None and entry.deadline > now:
                entries[key] = entry
        return entries

    def _get_many(self, places: Sequence[str], backend: Any) -> Sequence[Any]:
        """Return the contents of these places, with _ABSENT where there is nothing."""
        if self._connections is None:
            found = backend.get_many(places)
            return [found.get(place, _ABSENT) for place in places]
        made = backend.client.make_key
        contents = self._connections.get_many([made(place) for place in places])
        return [_ABSENT if content is None else content for content in contents]

    def set_entries(self, type_name: str, entries: Mapping[str, Entry], ttl: float, within: Within = ("", "")) -> bool:
        """Store entries of a type for ``ttl`` seconds, in one round trip if the backend supports it.

        Return whether the backend has taken them.
        """
        places = _shared_keys([key_tag(type_name, key) for key in entries], [within] * len(entries))
        contents = {place: self._sealed(entry, ttl) for place, entry in zip(places, entries.values(), strict=True)}
        return self._guard(lambda backend: backend.set_many(contents, ttl) or True) is not None

    def names(self, type_name: str, keys: Sequence[str], within: Within = ("", "")) -> list[str]:
        """Return the names of some entries in the backend, without its prefix."""
        return _shared_keys([key_tag(type_name, key) for key in keys], [within] * len(keys))

    def in_turn(self, call: Callable[["Turns"], T]) -> T | None:
        """Return what a call of the leases returns; None if there are none or the server fails, like any fault."""
        turns = self.turns
        return None if turns is None else cast("T | None", self._guard(lambda backend: call(turns)))

    def delete(self, type_name: str, key: str, within: Within = ("", "")) -> None:
        (place,) = _shared_keys([key_tag(type_name, key)], [within])
        self._guard(partial(_delete, place))

    @staticmethod
    def beginning(stamp: Stamp) -> bytes:
        """Return how an entry with this stamp begins in the backend."""
        return msgspec.msgpack.encode(Envelope(stamp.identity, stamp.tags, stamp.generations, 0.0, b""))[:-_END_BYTES]

    def _sealed(self, entry: Entry, ttl: float) -> bytes:
        stamp = entry.stamp
        return msgspec.msgpack.encode(
            Envelope(stamp.identity, stamp.tags, stamp.generations, time.time() + ttl, encode(entry.value))
        )

    def _opened(self, content: Any, name: str, declared: CacheType, time_here: float) -> Entry | None:
        """Decode an entry; None if it belongs to another key, or was stamped by another store of generations.

        ``time_here`` is the caller's clock minus POSIX time. Raises ValueError for bytes not written by the cache.
        """
        if not isinstance(content, bytes):
            raise ValueError(f"a {type(content).__name__} instead of bytes.")
        try:
            envelope = _open(content)
        except (msgspec.MsgspecError, RecursionError) as error:
            raise ValueError(str(error)) from error
        tags, generations = envelope.tags, envelope.generations
        if not tags or len(tags) != len(generations):
            raise ValueError("its tags do not fit its generations.")
        if not math.isfinite(envelope.expires_at):
            raise ValueError("it expires at no moment.")
        stamp = self._generations.restore(envelope.identity, tags, generations)
        # A different key may have the same digest in the backend.
        if stamp is None or name not in tags:
            return None
        return Entry(decode(envelope.value, declared.dataclasses), stamp, envelope.expires_at + time_here)

    def _guard(self, call: Callable[[BaseCache], Any]) -> Any:
        if self._faults and not self._may_call():
            return None
        try:
            answer = call(caches[self.alias])
        except self._backend_faults as error:
            self._failed(error)
            return None
        if self._faults:
            self._recovered()
        return answer

    def _may_call(self) -> bool:
        with self._lock:
            if self.is_open:
                return False
            if self._faults >= self.FAULTS_TO_OPEN:
                # Half-open: this call probes the backend, and other calls bypass it until the result is known.
                self._open_until = self._clock() + self.OPEN_SECONDS
            return True

    def _failed(self, error: BaseException) -> None:
        self._on_error()
        with self._lock:
            self._faults += 1
            self._open_until = self._clock() + self.OPEN_SECONDS
        logger.warning(
            "The shared tier %r failed (%s: %s); reads go on without it.", self.alias, type(error).__name__, error
        )

    def _recovered(self) -> None:
        with self._lock:
            self._faults = 0
        logger.warning("The shared tier %r answers again.", self.alias)


def _backend_faults() -> tuple[type[Exception], ...]:
    """Return the exceptions of backends, including those of Redis if its package is installed."""
    try:
        from ..stores.redis.faults import ALIAS_FAULTS
    except ImportError:
        return BACKEND_FAULTS
    return (*BACKEND_FAULTS, *ALIAS_FAULTS)


def _delete(name: str, backend: BaseCache) -> None:
    backend.delete(name)


def _shared_keys(names: Sequence[str], within: Iterable[Within]) -> list[str]:
    """Return the keys in the backend: short, free of personal data, and distinct for each (test) database."""
    database = str(connections.settings["default"].get("NAME", "")) + "\n"
    said = [name if not any(around) else "\n".join((name, *around)) for name, around in zip(names, within, strict=True)]
    digests = [blake2b((database + name).encode(), digest_size=20).hexdigest() for name in said]
    return [f"{name.partition('/')[0]}:{digest}" for name, digest in zip(names, digests, strict=True)]
