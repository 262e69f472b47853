"""The stores of generations. WRITING changes generations, READING compares them.

generations      stamps, intents, and the interface of a store of generations
generation_file  the memory-mapped file: its layout, how it is created and opened
mapped_file      that file as this process has it: mapped, locked, replaced, truncated
shared_memory    the store for one host: a memory-mapped file that all its processes share
in_process       generations that only this process knows, used during an outage
aliases          which kind of backend an alias of settings.CACHES has
redis            the store for several hosts, on Redis or Valkey; imported only where it is used
"""
