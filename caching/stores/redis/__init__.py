"""Generations in Redis or Valkey. Nothing outside this package and ``caching.serializers`` imports ``redis``.

scripts      the Lua scripts that change or fill in generations atomically
faults       what a call raises when the server cannot be reached, or refuses
connections  connections to the server of an alias, as django-redis configures it
keyspace     where the server keeps what it knows of a tag
mirror       the generations that this process has read, kept current by the server
keeper       the thread that looks at the outbox, and at the server, every few seconds
store        the store itself, and how it behaves in an outage
"""
