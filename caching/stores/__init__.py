"""The basement: where generations live. WRITING changes them, READING compares them.

generations      stamps, intents, and the interface of a store of generations
generation_file  how the memory-mapped file is laid out, created and opened
shared_memory    the store of one host: the memory-mapped file that all its processes share
in_process       generations of this process alone, for the time of an outage
aliases          what kind of backend an alias of settings.CACHES has
redis            the store of several hosts: Redis or Valkey. Imported only where it is used
"""
