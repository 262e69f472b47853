"""The Lua scripts. Each runs atomically, as seen by every other client of the server.

Each tag has two keys: its generation, and a sorted set of its intents, scored by deadline.
"""

from collections.abc import Callable, Sequence
from hashlib import sha1
from typing import Any

from redis.exceptions import NoScriptError

Connection = Any
"""A connection of redis-py; its methods are untyped."""


class Script:
    """A Lua script, which runs atomically on the server."""

    def __init__(self, text: str) -> None:
        self.text = text
        # Redis identifies scripts by SHA-1; it is not used for security.
        self.sha = sha1(text.encode(), usedforsecurity=False).hexdigest()

    def on(self, connection: Connection, keys: Sequence[bytes], arguments: Sequence[bytes | int]) -> Any:
        """Run it on a RESP2 connection, on which nothing but the reply can arrive."""
        return self.answered(connection, connection.read_response, keys, arguments)

    def answered(
        self,
        connection: Connection,
        receive: Callable[[], Any],
        keys: Sequence[bytes],
        arguments: Sequence[bytes | int],
    ) -> Any:
        """Run it on a connection whose replies ``receive`` returns."""
        self.send(connection, keys, arguments)
        try:
            return receive()
        except NoScriptError:
            self.send(connection, keys, arguments, by_text=True)
            return receive()

    def send(
        self,
        connection: Connection,
        keys: Sequence[bytes],
        arguments: Sequence[bytes | int],
        *,
        by_text: bool = False,
    ) -> None:
        """Send the call. The caller reads the reply."""
        name, what = ("EVAL", self.text) if by_text else ("EVALSHA", self.sha)
        connection.send_command(name, what, len(keys), *keys, *arguments)


_SAFELY = """
-- Whatever another program has left at our keys is taken away: a key of another type, an intent without a near end.
local function call(...)
  local reply = redis.pcall(...)
  if type(reply) == 'table' and reply.err and string.find(reply.err, 'WRONGTYPE', 1, true) then
    redis.log(redis.LOG_WARNING, 'caching: a key of another type was deleted')
    redis.call('DEL', select(2, ...))
    return redis.call(...)
  elseif type(reply) == 'table' and reply.err then
    return redis.call(...)  -- raises it
  end
  return reply
end
local function last_intent(key, now)
  local last = tonumber(call('ZREVRANGE', key, 0, 0, 'WITHSCORES')[2])
  if last and not (last <= now + 86400000 and last == math.floor(last)) then
    redis.call('ZREMRANGEBYSCORE', key, last, '+inf')
    return last_intent(key, now)
  end
  return last
end
"""
"""Functions of the scripts. ``redis.call`` would raise, and each look-up of the tag would be an outage."""

BEGIN = Script(
    _SAFELY
    + """
-- KEYS: generation, intents, … ARGV: name of the intent, milliseconds that it lives.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for n = 1, #KEYS, 2 do
  local last = now + ARGV[2]
  call('ZADD', KEYS[n + 1], last, ARGV[1])
  if redis.call('ZCARD', KEYS[n + 1]) > 1 then
    last = last_intent(KEYS[n + 1], now)
  end
  redis.call('PEXPIREAT', KEYS[n + 1], last)
  redis.call('SET', KEYS[n], '!', 'PX', last - now)
end
"""
)
END = Script(
    _SAFELY
    + """
-- KEYS: generation, intents, … ARGV: name of the intent. Where another one lives the tag stays pending.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for n = 1, #KEYS, 2 do
  call('ZREM', KEYS[n + 1], ARGV[1])
  local last
  if redis.call('EXISTS', KEYS[n + 1]) == 1 then
    redis.call('ZREMRANGEBYSCORE', KEYS[n + 1], '-inf', now)
    last = last_intent(KEYS[n + 1], now)
  end
  if last then
    redis.call('PEXPIREAT', KEYS[n], last)
    redis.call('PEXPIREAT', KEYS[n + 1], last)
  else
    redis.call('DEL', KEYS[n])
  end
end
"""
)
FILL = Script(
    _SAFELY
    + """
-- KEYS: generation, intents, … ARGV: seconds to keep, a fresh generation each, then 'role' to be told the role as well.
-- Returns what the tags are worth now. A server that has become a replica makes nothing and tells only its role.
local role
if ARGV[#KEYS / 2 + 2] then
  role = string.match(redis.call('INFO', 'replication'), 'role:(%a+)')
  if role ~= 'master' then
    return {role}
  end
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local found = {}
for n = 1, #KEYS, 2 do
  local generation = call('GET', KEYS[n])
  if not generation then
    local last = last_intent(KEYS[n + 1], now)
    if last and last > now then
      generation = '!'
      redis.call('SET', KEYS[n], generation, 'PX', last - now)
    else
      generation = ARGV[(n + 1) / 2 + 1]
      redis.call('SET', KEYS[n], generation, 'EX', ARGV[1])
    end
  end
  found[(n + 1) / 2] = generation
end
found[#found + 1] = role
return found
"""
)
