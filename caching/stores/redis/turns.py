"""Whose turn it is to load a value: leases in the server, so that of all processes one loads.

A lease is a key that holds the token of the loader and expires by itself, so a killed loader delays nobody for longer.
It decides who loads and never what may be stored or served. The script that takes leases looks for the values first, so
whoever asks after a value was stored is given that value and no lease; and whoever waits is told the value itself.
"""

import os
import time
from collections.abc import Callable, Mapping, Sequence

from .connections import RedisConnections
from .scripts import Connection, Script

STORED, NOT_STORED, VALUE = b"1", b"0", b"="
"""What a loader tells those who wait for it; behind the last one is the value."""
MAX_TOLD_BYTES = 65_536
"""A larger value is not told: whoever waits reads it from its place."""
_SLICE_SECONDS = 0.2
"""How long one command waits at most: less than the time-outs of a connection."""

CLAIM = Script(
    """
-- KEYS: values, then their leases. ARGV: token, milliseconds, whether to look at the values, then for each value how
-- one begins that is of no use. Returns for each the value, in a table of its own, or what the lease holds now: our
-- token, or that of another loader.
local half, held = #KEYS / 2, {}
for n = 1, half do
  local value, known = ARGV[3] == '1' and redis.pcall('GET', KEYS[n]), ARGV[n + 3]
  if type(value) == 'string' and (known == '' or string.sub(value, 1, #known) ~= known) then
    held[n] = {value}
  else
    local reply, left = redis.pcall('GET', KEYS[half + n]), redis.call('PTTL', KEYS[half + n])
    -- Without an end, or with one that is far away, it is somebody else's value.
    if type(reply) ~= 'string' or left < 0 or left > tonumber(ARGV[2]) then
      redis.call('SET', KEYS[half + n], ARGV[1], 'PX', ARGV[2])
      reply = ARGV[1]
    end
    held[n] = reply
  end
end
return held
"""
)
RELEASE = Script(
    """
-- KEYS: the list that wakes the others, leases, and the value to tell, if there is one. ARGV: token, what to tell,
-- milliseconds of the list, the number of leases, the most bytes to tell. A lease that others have taken is theirs.
for n = 2, ARGV[4] + 1 do
  if redis.pcall('GET', KEYS[n]) == ARGV[1] then
    redis.call('DEL', KEYS[n])
  end
end
local told = ARGV[2]
if #KEYS > ARGV[4] + 1 then
  local value = redis.pcall('GET', KEYS[#KEYS])
  if type(value) == 'string' and #value <= tonumber(ARGV[5]) then
    told = '=' .. value
  end
end
redis.call('RPUSH', KEYS[1], told)
redis.call('PEXPIRE', KEYS[1], ARGV[3])
"""
)


class Turns:
    """The leases of one alias. Every method raises one of ``faults.FAULTS`` if the server cannot be reached.

    A lease ends by itself after ``seconds``. ``place`` returns the key of a value in the server, given its name.
    """

    def __init__(
        self, connections: RedisConnections, prefix: str, *, seconds: float, place: Callable[[str], str]
    ) -> None:
        self._connections = connections
        self._prefix = prefix
        self._milliseconds = int(seconds * 1000)
        self._place = place

    def claim(
        self, names: Sequence[str], known: Sequence[bytes], *, looks: bool = True
    ) -> tuple[bytes, dict[str, bytes], dict[str, bytes]]:
        """Look for values, and take the leases of those that are not there, unless somebody holds them.

        ``known`` says for each name how a value begins that is of no use (b"" if any would be), ``looks`` whether
        values are of use at all. Return a new token; the values; and what the lease of each other name holds now.
        """
        token = os.urandom(12).hex().encode()
        keys = [self._value(name) for name in names] + [self._lease(name) for name in names]
        arguments: list[bytes | int] = [token, self._milliseconds, int(looks), *known]
        held = dict(zip(names, self._connections.run(CLAIM, keys, arguments), strict=True))
        values = {name: found[0] for name, found in held.items() if isinstance(found, list)}
        return token, values, {name: found for name, found in held.items() if name not in values}

    def release(self, token: bytes, stored: Mapping[str, bool]) -> None:
        """Give leases back, with whether their values were stored, and wake those who wait for the token."""
        told = STORED if all(stored.values()) else NOT_STORED
        keys = [self._wakes(token), *map(self._lease, stored)]
        if told == STORED and len(stored) == 1:
            keys.extend(map(self._value, stored))
        self._connections.run(RELEASE, keys, [token, told, self._milliseconds, len(stored), MAX_TOLD_BYTES])

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

    def _value(self, name: str) -> bytes:
        return self._place(name).encode()

    def _lease(self, name: str) -> bytes:
        return f"{self._prefix}:turn:{name}".encode()

    def _wakes(self, token: bytes) -> bytes:
        return f"{self._prefix}:told:".encode() + token
