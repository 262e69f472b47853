"""Forks of a reader under load: parent and child read on, each with connections of its own."""

from __future__ import annotations

import json
import os
import random
import threading
import time
from typing import TYPE_CHECKING, Any

from django.db import connection

from benchmarks.torture.board import STOP_WRITING, adopt_parent

if TYPE_CHECKING:
    from benchmarks.torture.reader import Reader

READS = 400
_PAUSE_SECONDS = 0.5


class Forks:
    """Forks now and then. The child reads, judges what it gets, tells its parent what it has found, and ends."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._next = 0.0
        self._pid, self._answer = 0, -1
        self.forked = self.reads = 0
        self._ends = threading.Event()
        self._beside = threading.Thread(target=self._read_beside, daemon=True)
        # The first look-up of a host imports this codec. A fork in that moment would leave Python's own lock of the
        # import held in the child for ever, whatever a program does.
        "".encode("idna")
        if connection.vendor == "postgresql":
            # A connection of SQLite that is open in another thread must not be in a child.
            self._beside.start()

    def fork_now_and_then(self) -> None:
        if time.monotonic() < self._next:
            return
        self._collect()
        self._next = time.monotonic() + _PAUSE_SECONDS
        # Not shared: the child would speak on it too. That of the other thread is left alone by the child.
        connection.close()
        self._answer, answer = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            code = 1
            try:
                os.write(answer, json.dumps(self._read_in_child()).encode())
                code = 0
            finally:
                # Skip the clean-up: what it would close belongs to the parent.
                os._exit(code)
        os.close(answer)
        self.forked += 1

    def end(self) -> None:
        """Wait for the last child and the thread."""
        self._ends.set()
        if self._beside.ident is not None:
            self._beside.join()
        self._collect()

    def _read_in_child(self) -> dict[str, Any]:
        adopt_parent()
        reader = self._reader
        reader.stale = reader.stale_in_window = reader.uncommitted = 0
        reader.examples.clear()
        reads = 0
        while reads < READS and reader.board.phase < STOP_WRITING:
            reader.judge(random.choice(reader.reads))
            reads += 1
        found = {"stale": reader.stale, "stale_in_window": reader.stale_in_window, "uncommitted": reader.uncommitted}
        return {"reads": reads, "examples": reader.examples[:2], **found}

    def _collect(self) -> None:
        if not self._pid:
            return
        with os.fdopen(self._answer) as answers:
            text = answers.read()
        _, status = os.waitpid(self._pid, 0)
        self._pid = 0
        assert status == 0, f"A child of a reader has ended with {os.waitstatus_to_exitcode(status)}."
        found = json.loads(text)
        reader = self._reader
        reader.stale += found["stale"]
        reader.stale_in_window += found["stale_in_window"]
        reader.uncommitted += found["uncommitted"]
        reader.examples += [f"in a fork: {example}" for example in found["examples"]]
        self.reads += found["reads"]

    def _read_beside(self) -> None:
        """Read without judging, so that a fork finds locks held and loads begun."""
        while not self._ends.is_set():
            random.choice(self._reader.reads)()
            time.sleep(0.001)
        connection.close()
