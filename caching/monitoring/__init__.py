"""WATCHING: statistics about what the cache did.

load_times  a histogram of the time that loads take
stats       the counters of each type and kind, and CacheStats, an immutable snapshot of them
recorder    counting, exact under threads, for this process and for all processes of the host
reports     the counts as a dictionary for JSON, as CSV or as one line
tables      the counts as a table on a terminal
"""
