"""Whose turn it is to load a value: leases in the server, so that of all processes one loads.

A lease is a key that holds the token of the loader and expires by itself, so a killed loader delays nobody for longer.
It decides who loads and never what may be stored or served. When a value has been stored, the lease is marked as done
for a moment: whoever looked for the value just before that asks for the lease just after, and should look again.
"""

import os
import time
from collections.abc import Sequence

from .connections import RedisConnections
from .scripts import Connection, Script

DONE_SECONDS = 1.0
STORED, NOT_STORED = b"1", b"0"
"""What a loader tells those who wait for it."""
DONE = b"!"
"""Behind the token of a loader that has stored its value."""
_SLICE_SECONDS = 0.2
"""How long one command waits at most: less than the time-outs of a connection."""

CLAIM = Script(
    """
-- KEYS: leases. ARGV: token, milliseconds, then for each lease what was done before and is of no use.
-- Returns for each lease what it holds now: our token, that of another loader, or the mark of one that is done.
local held = {}
for n = 1, #KEYS do
  local reply, left = redis.pcall('GET', KEYS[n]), redis.call('PTTL', KEYS[n])
  -- Without an end, or with one that is far away, it is somebody else's value.
  if type(reply) ~= 'string' or reply == ARGV[n + 2] or left < 0 or left > tonumber(ARGV[2]) then
    redis.call('SET', KEYS[n], ARGV[1], 'PX', ARGV[2])
    reply = ARGV[1]
  end
  held[n] = reply
end
return held
"""
)
RELEASE = Script(
    """
-- KEYS: the list that wakes the others, then leases. ARGV: token, what to tell, milliseconds of the mark and the list,
-- then for each lease whether its value was stored. A lease that others have taken meanwhile is theirs.
for n = 2, #KEYS do
  if redis.pcall('GET', KEYS[n]) == ARGV[1] then
    if ARGV[n + 3] == '1' then
      redis.call('SET', KEYS[n], ARGV[1] .. '!', 'PX', ARGV[3])
    else
      redis.call('DEL', KEYS[n])
    end
  end
end
redis.call('RPUSH', KEYS[1], ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
"""
)


class Turns:
    """The leases of one alias. Every method raises one of ``faults.FAULTS`` if the server cannot be reached.

    A lease ends by itself after ``seconds``.
    """

    def __init__(self, connections: RedisConnections, prefix: str, *, seconds: float) -> None:
        self._connections = connections
        self._prefix = prefix
        self._milliseconds = int(seconds * 1000)

    def claim(self, names: Sequence[str], done: Sequence[bytes]) -> tuple[bytes, list[bytes]]:
        """Take the leases that nobody holds; return a new token, and what each lease holds now.

        ``done`` says for each name which mark was found before (b"" for none): it is no reason to look again.
        """
        token = os.urandom(12).hex().encode()
        arguments: list[bytes | int] = [token, self._milliseconds, *(mark or b"-" for mark in done)]
        return token, list(self._connections.run(CLAIM, [self._lease(name) for name in names], arguments))

    def release(self, token: bytes, stored: Sequence[tuple[str, bool]]) -> None:
        """Give leases back, with whether their values were stored, and wake those who wait for the token."""
        told = STORED if all(is_stored for _, is_stored in stored) else NOT_STORED
        milliseconds = min(int(DONE_SECONDS * 1000), self._milliseconds), self._milliseconds
        outcomes = [STORED if is_stored else NOT_STORED for _, is_stored in stored]
        keys = [self._wakes(token), *(self._lease(name) for name, _ in stored)]
        self._connections.run(RELEASE, keys, [token, told, *milliseconds, *outcomes])

    def wait(self, token: bytes, seconds: float) -> bytes | None:
        """Return what the loader with this token tells at its end; None if it has not ended in time."""
        key, until = self._wakes(token), time.monotonic() + seconds

        def ask(connection: Connection) -> bytes | None:
            # The one element of the list goes round: whoever waits takes it and puts it back for the next one.
            connection.send_command("BRPOPLPUSH", key, key, f"{max(min(left, _SLICE_SECONDS), 0.01):.3f}")
            reply: bytes | None = connection.read_response()
            return reply

        while (left := until - time.monotonic()) > 0:
            told: bytes | None = self._connections.ask(ask)
            if told is not None:
                return told
        return None

    def _lease(self, name: str) -> bytes:
        return f"{self._prefix}:turn:{name}".encode()

    def _wakes(self, token: bytes) -> bytes:
        return f"{self._prefix}:told:".encode() + token
