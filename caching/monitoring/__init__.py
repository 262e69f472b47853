"""WATCHING: what the cache did and does, for people and programs.

load_times        a histogram of the time that loads take
drift             how often values change behind Django's back, and the time to live that follows
stats             the counters of each type and kind, and CacheStats, an immutable snapshot of them
recorder          counting, exact under threads, for this process and for all processes of the host
repeated_selects  what to cache next: SELECT statements that are repeated, without their values
reports           the counts as a dictionary for JSON, as CSV or as one line
history           what was counted over time, in a table of the database
warming           fills the caches with what is worth it: what was declared, then the rows that were made last
most_read         the keys that this host has read most in the last hour, in a file
sampler           the thread that writes the history once a minute, one for all processes of the host
invalidation_log  the last publications of each process of the host: who invalidated what
warm_start        fills the caches when a process begins to serve, in a thread
verification      compares what the cache holds with the database
explanation       where a key is held, whether it would be served, and if not, why
agents            asks every serving process of the host
questions         what they can be asked
prometheus        the counts as Prometheus reads them
state             in what state the cache is: enabled, degraded, its breaker, its outbox
views             the counts for programs: /api/cache/stats/ and /metrics
tables            the counts as a table on a terminal
"""
