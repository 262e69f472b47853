"""Generations in Redis or Valkey. Only this package and ``caching.serializers`` import ``redis``.

scripts      the Lua scripts that change generations, or create missing ones, atomically
faults       the exceptions raised when the server cannot be reached or refuses a command
connections  connections to the server of an alias, configured as for django-redis
turns        whose turn it is to load a value: leases, so that of all processes one loads
keyspace     the keys under which the server keeps generations and intents, and what a generation looks like
known        the generations that a mirror knows, and the epoch that ends when one is lost or replaced
mirror       a local copy of the generations that this process has read, kept current by the server
keeper       the thread that checks the outbox and the server every few seconds
store        the store itself, and its behaviour during an outage
"""
