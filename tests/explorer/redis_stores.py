"""The Redis store under the scheduler: its real code, against a model of the server in this process.

Every command is one step, and so is every look into a socket. Replies and pushes arrive in the order in which the
server did what they tell; with ``delayed`` a push arrives only when the network delivers it, or before a later reply.
Generations are drawn from what the actor has seen, so that equal states have equal numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from redis.exceptions import ConnectionError

from caching.coherence import watcher
from caching.stores import in_process
from caching.stores.generations import Intent, Stamp
from caching.stores.redis import known, mirror
from caching.stores.redis import store as redis
from caching.stores.redis.connections import RedisConnections
from caching.stores.redis.faults import FAULTS
from caching.stores.redis.keyspace import PENDING
from caching.stores.redis.mirror import GENERATION_SECONDS, Mirror
from caching.stores.redis.scripts import BEGIN, END, FILL, Script
from caching.stores.redis.store import RedisGenerations

from .scheduler import Lock, Violation
from .stores import INTENT_SECONDS

if TYPE_CHECKING:
    import pytest

    from .world import World

PUSHED = mirror._PUSHED
_NAMES = {BEGIN.sha: "BEGIN", END.sha: "END", FILL.sha: "FILL"}


class Server:
    """What the commands of the store do: keys with a deadline, lists of intents, who is told of changes."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.delayed = False
        self.clean()

    def clean(self) -> None:
        self.run_id = 1
        self.keys: dict[bytes, tuple[bytes, int]] = {}
        self.intents: dict[bytes, dict[bytes, int]] = {}
        self.connections: list[FakeConnection] = []
        self.unreachable_from: set[str] = set()

    @property
    def now(self) -> int:
        return int(self.world.now * 1000)

    def state(self) -> int:
        connections = tuple((c.process, c.tracked, len(c.incoming), c.arrived, c.closed) for c in self.connections)
        queues = tuple(str(c.incoming) for c in self.connections)
        intents = tuple(sorted((key, tuple(sorted(one.items()))) for key, one in self.intents.items()))
        rest = self.run_id, tuple(sorted(self.unreachable_from))
        return hash((tuple(sorted(self.keys.items())), intents, connections, queues, rest))

    # -- what befalls it ----------------------------------------------------------------------------------------------

    def expire(self) -> None:
        self._by = None
        for key in [key for key, (_, until) in self.keys.items() if until <= self.now]:
            self._drop(key)

    def flush(self) -> None:
        self._by = None
        self.keys.clear()
        self.intents.clear()
        self._push(None)

    def evict(self) -> None:
        """Lose every mark and generation, as memory runs out; the lists of intents stay."""
        self._by = None
        for key in list(self.keys):
            self._drop(key)

    def restart(self) -> None:
        """Come back empty, as another server."""
        self.keys.clear()
        self.intents.clear()
        self.run_id += 1
        self.cut(*{connection.process for connection in self.connections})
        self.unreachable_from.clear()

    def cut(self, *processes: str) -> None:
        """Close every connection of the processes, and take no new ones."""
        self.unreachable_from.update(processes)
        for connection in self.connections:
            connection.closed = connection.closed or connection.process in processes

    def mend(self) -> None:
        self.unreachable_from.clear()

    def deliver(self) -> None:
        for connection in self.connections:
            connection.arrived = len(connection.incoming)

    # -- what it does -------------------------------------------------------------------------------------------------

    def do(self, connection: FakeConnection, command: Sequence[Any]) -> Any:
        self.expire()
        if command[0] == "MGET":
            return [self.keys.get(key, (None, 0))[0] for key in command[1:]]
        if command[0] == "INFO":
            return b"run_id:%d\nrole:master" % self.run_id
        if command[0] == "ROLE":
            return [b"master"]
        if command[0] == "CLIENT":
            connection.tracked = True
            return b"OK"
        name, count = command[1], command[2]
        return self.script(name, command[3 : 3 + count], command[3 + count :], connection)

    def script(self, sha: str, keys: Sequence[bytes], arguments: Sequence[Any], by: Any = None) -> Any:
        self.expire()
        # A server tells a client also of what its own script does. Not here: else nothing would be mirrored before the
        # third read of a scenario. To be told too much is safe.
        self._by = by
        pairs = list(zip(keys[::2], keys[1::2], strict=True))
        if sha == FILL.sha:
            found = [self._fill(*pair, fresh) for pair, fresh in zip(pairs, arguments[1:], strict=False)]
            return [*found, b"master"] if arguments[-1] == b"role" else found
        for generation, intents in pairs:
            live = {name: until for name, until in self.intents.get(intents, {}).items() if until > self.now}
            if sha == BEGIN.sha:
                live[arguments[0]] = self.now + arguments[1]
                self._set(generation, PENDING, max(live.values()))
            else:
                live.pop(arguments[0], None)
                if not live:
                    self._drop(generation)
                elif generation in self.keys:
                    self.keys[generation] = self.keys[generation][0], max(live.values())
            self.intents[intents] = live
            if not live:
                del self.intents[intents]
        return None

    def _fill(self, generation: bytes, intents: bytes, fresh: int) -> bytes:
        if generation not in self.keys:
            last = max(self.intents.get(intents, {}).values(), default=0)
            if last > self.now:
                self._set(generation, PENDING, last)
            else:
                self._set(generation, b"%d" % fresh, self.now + GENERATION_SECONDS * 1000)
        return self.keys[generation][0]

    def _set(self, key: bytes, value: bytes, until: int) -> None:
        self.keys[key] = value, until
        self._push([key])

    def _drop(self, key: bytes) -> None:
        if self.keys.pop(key, None) is not None:
            self._push([key])

    def _push(self, keys: list[bytes] | None) -> None:
        for connection in self.connections:
            if connection.tracked and not connection.closed and connection is not self._by:
                connection.incoming.append([b"invalidate", keys])
                if not self.delayed:
                    connection.arrived = len(connection.incoming)


class FakeConnection:
    """What the mirror sees of a connection of redis-py, and of its parser and socket."""

    socket_timeout = 1.0

    def __init__(self, store: SteppedRedis) -> None:
        self.store, self.server, self.process = store, store.server, store.process
        self.incoming: list[Any] = []
        self.arrived = 0
        self.tracked = self.closed = self._just_read = False
        self._parser = self
        self._sock = self

    def set_invalidation_push_handler(self, handler: Callable[[Any], object]) -> None:
        self._on_push = handler

    def fileno(self) -> int:
        return len(self.server.connections) - 1

    def connect(self) -> None:
        self.store.step("connects")
        if self.process in self.server.unreachable_from:
            raise ConnectionError("It cannot be reached.")
        self.server.connections.append(self)

    def disconnect(self) -> None:
        self.closed = True

    def send_command(self, *command: Any) -> None:
        name = _NAMES.get(command[1], "") if command[0] == "EVALSHA" else ""
        self.store.step(f"{name or command[0]}")
        if not self.closed:
            self.incoming.append(self.server.do(self, command))
            # A reply comes behind all that was pushed before it.
            self.arrived = len(self.incoming)
        self.store.note()

    def can_read(self, timeout: float) -> bool:
        if not self._just_read and timeout == 0:
            self.store.step("looks into the socket")
        self._just_read = False
        if self.closed:
            raise ConnectionError("Connection closed by server.")
        return self.arrived > 0

    def read_response(self, *, push_request: bool) -> Any:
        self._just_read = True
        self.arrived -= 1
        message = self.incoming.pop(0)
        if isinstance(message, list) and message[:1] == [b"invalidate"]:
            return self._on_push(message)
        return message


class _FakeConnections(RedisConnections):
    """Connections of one simulated process."""

    def __init__(self, store: SteppedRedis) -> None:
        super().__init__("default")
        self.store = store

    def make(self, *, protocol: int = 2) -> Any:
        return FakeConnection(self.store)

    def run(self, script: Script, keys: Sequence[bytes], arguments: Sequence[Any]) -> Any:
        store = self.store
        store.step(_NAMES[script.sha])
        if store.process in store.server.unreachable_from:
            raise ConnectionError("It cannot be reached.")
        reply = store.server.script(script.sha, keys, arguments)
        store.note()
        return reply

    def let_it_turn(self) -> None:
        """Do nothing: when a push arrives is a step of its own here."""


class _SteppedKeeper:
    """A keeper without a thread: who needs the first look does it, an actor does the others."""

    def __init__(self, look: Callable[[], None]) -> None:
        self._look, self._started = look, False

    def start(self) -> None:
        if not self._started:
            self._started = True
            self.look_once()

    def look_once(self) -> None:
        with suppress(*FAULTS):
            self._look()

    def is_this_thread(self) -> bool:
        return True

    def wake(self) -> None: ...

    def stop(self) -> None: ...

    def join(self) -> None: ...


class _ReentrantLock(Lock):
    """A lock that its holder may take again."""

    depth = 0

    def __enter__(self) -> None:
        if not (self._holder is not None and self.is_mine()):
            super().__enter__()
            self.depth = 0
        self.depth += 1

    def __exit__(self, *exc_info: object) -> None:
        if self.is_mine():
            self.depth -= 1
            if not self.depth:
                self._holder = None


class SteppedRedis(RedisGenerations):
    """The store of one simulated process."""

    strict = delayed = False

    def __init__(self, world: World, directory: Path) -> None:
        self.world = world
        self.process = ""
        found = world.__dict__.setdefault("server", Server(world))
        self.server: Server = found
        self.server.delayed = self.delayed
        super().__init__(
            "default",
            intent_seconds=INTENT_SECONDS,
            strict=self.strict,
            drain_outbox=world.drain,
            clock=lambda: world.now,
        )
        self._connections = _FakeConnections(self)

    def _forget(self) -> None:
        super()._forget()
        self._losses = 0
        self._lock: Any = Lock(self.world.scheduler)
        self._keeper: Any = _SteppedKeeper(self._look)

    @staticmethod
    def install(patch: pytest.MonkeyPatch, world: World) -> None:
        """Put what the scheduler decides in the place of what the kernel does."""
        fake_os = SimpleNamespace(urandom=lambda size: _drawn(world, size), getpid=lambda: 1)
        for module in (redis, mirror, in_process):
            patch.setattr(module, "os", fake_os)
        locks = SimpleNamespace(
            Lock=lambda: _ReentrantLock(world.scheduler), RLock=lambda: _ReentrantLock(world.scheduler)
        )
        for module in (mirror, known):
            patch.setattr(module, "threading", locks)
        patch.setattr(mirror, "poll", lambda argument, *rest: _polled(world, argument._obj.fd))
        patch.setattr(watcher, "outbox", SimpleNamespace(leave=world.leave, is_there=lambda connection: True))
        patch.setattr(watcher, "transaction", SimpleNamespace(atomic=lambda using: world.connection.atomic()))

    def step(self, label: str) -> None:
        self.note()
        self.world.scheduler.step(f"{self.process}: {label}")

    def note(self) -> None:
        """Say what the server and this process's view of it have become."""
        scheduler, view = self.world.scheduler, self._view
        known: Any = ()
        if isinstance(view, Mirror):
            known = (tuple(sorted(view._known.items())), view._current_until, view._known.forgotten, view._closed)
        elif view is not None:
            known = tuple(sorted(view.items()))
        told = self._told is None, self._losses, self._keeper._started
        scheduler.set_to(("store", self.process), hash((type(view).__name__, known, told)))
        scheduler.set_to("server", self.server.state())

    def _lost(self, error: BaseException, view: object = None) -> None:
        self._losses += 1
        super()._lost(error, view)
        self.note()

    def stamps(self, groups: Sequence[Sequence[str]]) -> list[Stamp | None]:
        return self._observed(super().stamps(groups))

    def read(self, tags: Sequence[str], *, afresh: bool = False) -> tuple[int | None, ...]:
        return self._observed(super().read(tags, afresh=afresh))

    def holds(self, stamp: Stamp) -> bool:
        holds = self._observed(super().holds(stamp))
        now = getattr(self._view, "_known", {})
        for key, generation in zip(self._keyspace.generations_of(stamp.tags), stamp.generations, strict=True):
            if holds and now.get(key, generation) != generation:
                raise Violation(f"The epoch says that {stamp.tags} have not changed, and they have.")
        return holds

    def holding(self, stamps: Sequence[Stamp]) -> list[bool]:
        return self._observed(super().holding(stamps))

    def _observed(self, found: Any) -> Any:
        self.world.scheduler.observed(
            tuple(one.generations if isinstance(one, Stamp) else one for one in found)
            if isinstance(found, list)
            else found
        )
        self.note()
        return found

    def begin(self, tags: Any) -> Intent:
        intent = super().begin(sorted(tags))
        # What nobody was told of is owed from its end on.
        self.world.connection.intent_until = 0.0 if intent.undelivered else intent.deadline
        self.note()
        return intent

    def end(self, intent: Intent) -> None:
        try:
            super().end(intent)
        finally:
            self.note()
            self.world.database.published(self.world.connection.actor)

    def publish(self, tags: Any) -> None:
        super().publish(sorted(tags))
        self.note()

    # -- a run --------------------------------------------------------------------------------------------------------

    def start_anew(self) -> None:
        self.server.clean()
        self._forget()

    def clean(self) -> None: ...

    def settle(self) -> None:
        """Let the keeper come by, as it does every few seconds."""
        self._keeper.look_once()
        self.note()


class StrictFarRedis(SteppedRedis):
    """Between two hosts a push is on its way for a while; STRICT asks before each read."""

    strict = delayed = True


def _drawn(world: World, size: int) -> bytes:
    actor = world.scheduler.current
    world.scheduler.observed("draws")
    seed = hash((actor.name, actor.seen)) if actor else len(world.names)
    return (seed & ((1 << 63) - 1)).to_bytes(8).rjust(size, b"\1")[-size:]


def _polled(world: World, number: int) -> bool:
    connection = world.__dict__["server"].connections[number]
    connection.store.step("polls the socket")
    return connection.closed or connection.arrived > 0
