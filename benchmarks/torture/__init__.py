"""The torture: real processes read through a cache what others write, and are killed; is any read ever stale?

    python -m benchmarks.torture [--database embedded|URL] [--store memory|redis] [--faults kill,restart,…]
                                 [--peer NAME] [--seconds N] --json FILE

Every writer publishes "version v of this subject has been written" in shared memory when its save or its COMMIT has
*returned*. A reader notes the newest version before it begins to read; what it gets must not be older.

subjects    what is written and read, and the judgement whether what was read may be
board       the shared memory: published and announced versions, process ids, counts
designs     the caches under test: ours, and the peers, each a variant of the settings in its own processes
forms       the ways to write
writer, reader, child     the processes
faults      kills writers, stops or empties the server, cuts or slows the ways to it; which stale reads that excuses
proxy       the ways to the server
supervisor  starts the processes, waits for quiescence, adds up
databases   a temporary SQLite file, a PostgreSQL from its wheel, or the one given
"""
