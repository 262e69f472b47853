"""WATCHING: what the cache did.

stats   counts per type and kind, exact under threads, for this process and for all processes of the host
"""
