"""A TCP proxy on loopback that stands for the network: it can be slow, silent, or refuse, and counts who comes."""

import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any


class Proxy:
    """Forwards every connection to a port of this host. Use it as a context manager.

    ``on_request`` and ``on_reply`` are called with each chunk before it goes on, and may do something in between.
    """

    def __init__(self, port: int, *, tls: ssl.SSLContext | None = None) -> None:
        self.accepted = 0
        self.on_request: Callable[[bytes], None] = lambda chunk: None
        self.on_reply: Callable[[bytes], None] = lambda chunk: None
        self.glues = False
        """Whether to let the next chunk go on only together with the one behind it."""
        self._target, self._tls = port, tls
        self._delay = 0.0
        self._flowing = threading.Event()
        self._refusing = self._closed = False
        self._open: list[Any] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> "Proxy":
        self._flowing.set()
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._closed = True
        self._flowing.set()
        with suppress(OSError):
            # A close alone would leave the thread in accept().
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.disconnect()

    @property
    def url(self) -> str:
        return f"{'rediss' if self._tls else 'redis'}://127.0.0.1:{self.port}/0"

    def cut(self) -> None:
        """Forward nothing any more, and close nothing: a cable that was pulled out."""
        self._flowing.clear()

    def slow(self, seconds: float) -> None:
        """Delay each chunk."""
        self._delay = seconds

    def refuse(self) -> None:
        """Close every connection, and each new one at once."""
        self._refusing = True
        self.disconnect()

    def mend(self) -> None:
        """Forward again; what was held back goes on its way."""
        self._delay, self._refusing = 0.0, False
        self._flowing.set()

    def disconnect(self) -> None:
        """Close every connection."""
        while self._open:
            end = self._open.pop()
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            if self._refusing:
                client.close()
                continue
            threading.Thread(target=self._connect, args=(client,), daemon=True).start()

    def _connect(self, client: Any) -> None:
        try:
            if self._tls is not None:
                client = self._tls.wrap_socket(client, server_side=True)
            server = socket.create_connection(("127.0.0.1", self._target))
        except OSError:
            client.close()
            return
        self._open += [client, server]
        threading.Thread(
            target=self._pump, args=(server, client, lambda chunk: self.on_reply(chunk)), daemon=True
        ).start()
        self._pump(client, server, lambda chunk: self.on_request(chunk))

    def _pump(self, source: Any, drain: Any, on_chunk: Callable[[bytes], None]) -> None:
        with suppress(OSError):
            while chunk := source.recv(65536):
                on_chunk(chunk)
                if self.glues:
                    self.glues = False
                    chunk += source.recv(65536)
                self._flowing.wait()
                time.sleep(self._delay)
                drain.sendall(chunk)
        for end in (source, drain):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
