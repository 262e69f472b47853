"""A TCP proxy on loopback with a port for each process, so that each one's connections can be cut or slowed.

On one machine a push reaches a reader's socket before the writer gets the answer to its write. The proxy forwards
everything in one thread and in that order, so that it does not itself cause what the test finds stale.
"""

from __future__ import annotations

import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from selectors import EVENT_READ, DefaultSelector
from types import TracebackType
from typing import Self

_LOOPBACK = "127.0.0.1"
_CHUNK = 1 << 16
_PATIENCE_SECONDS = 1.0
_FIRST, _NEXT, _LAST = range(3)


@dataclass(eq=False)
class Link:
    """The connections of one process to the server."""

    listener: socket.socket
    urgency: int
    is_cut: bool = False
    delay_seconds: float = 0.0
    pipes: set[Pipe] = field(default_factory=set)


@dataclass(eq=False)
class Pipe:
    """One direction of one connection. ``waiting`` holds what is forwarded later; empty bytes are its end."""

    link: Link
    source: socket.socket
    target: socket.socket
    urgency: int
    waiting: deque[tuple[float, bytes]] = field(default_factory=deque)
    other: Pipe | None = None


class Proxy:
    """Forwards traffic to and from the server. ``first`` names the processes whose pushes must not be overtaken."""

    def __init__(self, server_port: int, first: Iterable[str], then: Iterable[str]) -> None:
        self._server_port = server_port
        self._links = {name: Link(_listener(), _FIRST) for name in first}
        self._links |= {name: Link(_listener(), _NEXT) for name in then}
        self._selector = DefaultSelector()
        self._orders: deque[Callable[[], None]] = deque()
        self._bell, bell = socket.socketpair()
        self._selector.register(bell, EVENT_READ, None)
        for link in self._links.values():
            self._selector.register(link.listener, EVENT_READ, link)
        self._ends = False
        self._thread = threading.Thread(target=self._run, name="proxy", daemon=True)

    def port(self, name: str) -> int:
        """Return the port at which a process reaches the server."""
        port: int = self._links[name].listener.getsockname()[1]
        return port

    @property
    def names(self) -> list[str]:
        return list(self._links)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ends = True
        self._order(lambda: None)
        self._thread.join()
        for link in self._links.values():
            for pipe in tuple(link.pipes):
                self._close(pipe)
            link.listener.close()

    def cut(self, names: Iterable[str]) -> None:
        """Stop forwarding and accepting, so that these processes wait for answers in vain."""
        for name in names:
            self._order(lambda link=self._links[name]: self._cut(link))

    def mend(self, names: Iterable[str], *, reset: bool) -> None:
        """Forward again, including what was sent meanwhile; or with ``reset`` close every connection that was cut."""
        for name in names:
            self._order(lambda link=self._links[name]: self._mend(link, reset))

    def slow(self, names: Iterable[str], seconds: float) -> None:
        """Forward everything with this delay, in both directions."""
        for name in names:
            self._links[name].delay_seconds = seconds

    # -- in the thread ------------------------------------------------------------------------------------------------

    def _order(self, order: Callable[[], None]) -> None:
        self._orders.append(order)
        self._bell.send(b"!")

    def _run(self) -> None:
        while not self._ends:
            ready = self._selector.select(self._seconds_to_next())
            for key, _ in sorted(ready, key=lambda item: getattr(item[0].data, "urgency", _LAST)):
                if key.data is None:
                    key.fileobj.recv(_CHUNK)  # type: ignore[union-attr]
                elif isinstance(key.data, Pipe):
                    self._receive(key.data)
                else:
                    self._accept(key.data)
            self._pass_on_what_is_due()
            while self._orders:
                self._orders.popleft()()

    def _pipes(self) -> list[Pipe]:
        return sorted((pipe for link in self._links.values() for pipe in link.pipes), key=lambda pipe: pipe.urgency)

    def _seconds_to_next(self) -> float | None:
        due = [pipe.waiting[0][0] for pipe in self._pipes() if pipe.waiting and not pipe.link.is_cut]
        return max(min(due) - time.monotonic(), 0) if due else None

    def _accept(self, link: Link) -> None:
        client, _ = link.listener.accept()
        try:
            server = socket.create_connection((_LOOPBACK, self._server_port), timeout=_PATIENCE_SECONDS)
        except OSError:
            client.close()
            return
        client.settimeout(_PATIENCE_SECONDS)
        for connection in (client, server):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        there, back = Pipe(link, client, server, _LAST), Pipe(link, server, client, link.urgency)
        there.other, back.other = back, there
        for pipe in (there, back):
            link.pipes.add(pipe)
            self._selector.register(pipe.source, EVENT_READ, pipe)

    def _receive(self, pipe: Pipe) -> None:
        if pipe not in pipe.link.pipes:
            # It was closed a moment ago, by another socket of the same round.
            return
        try:
            data = pipe.source.recv(_CHUNK)
        except OSError:
            data = b""
        if pipe.link.delay_seconds or pipe.waiting:
            due = time.monotonic() + pipe.link.delay_seconds
            # Data must not overtake what arrived earlier.
            pipe.waiting.append((max(due, pipe.waiting[-1][0]) if pipe.waiting else due, data))
            if not data:
                self._selector.unregister(pipe.source)
        else:
            self._pass_on(pipe, data)

    def _pass_on_what_is_due(self) -> None:
        now = time.monotonic()
        for pipe in self._pipes():
            while pipe.waiting and pipe.waiting[0][0] <= now and not pipe.link.is_cut:
                self._pass_on(pipe, pipe.waiting.popleft()[1])

    def _pass_on(self, pipe: Pipe, data: bytes) -> None:
        try:
            if data:
                pipe.target.sendall(data)
                return
        except OSError:
            pass
        self._close(pipe)

    def _close(self, pipe: Pipe) -> None:
        if pipe not in pipe.link.pipes:
            return
        for direction in (pipe, pipe.other):
            assert direction is not None
            direction.link.pipes.discard(direction)
            direction.waiting.clear()
            self._unregister(direction.source)
        pipe.source.close()
        pipe.target.close()

    def _cut(self, link: Link) -> None:
        link.is_cut = True
        for source in (link.listener, *(pipe.source for pipe in link.pipes)):
            self._unregister(source)

    def _mend(self, link: Link, reset: bool) -> None:
        link.is_cut = False
        for pipe in tuple(link.pipes):
            if reset:
                self._close(pipe)
            else:
                self._selector.register(pipe.source, EVENT_READ, pipe)
        self._selector.register(link.listener, EVENT_READ, link)

    def _unregister(self, source: socket.socket) -> None:
        if source.fileno() in self._selector.get_map():
            self._selector.unregister(source)


def _listener() -> socket.socket:
    return socket.create_server((_LOOPBACK, 0), backlog=64)
