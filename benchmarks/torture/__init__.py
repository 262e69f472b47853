"""A torture test: real processes read through a cache what other processes write, some of which are killed.

The question is whether any read is ever stale.

    python -m benchmarks.torture [--database embedded|URL] [--store memory|redis] [--faults kill,restart,…]
                                 [--peer NAME] [--seconds N] --json FILE

A writer publishes "version v of this subject has been written" in shared memory as soon as its save or its COMMIT has
*returned*. A reader notes the newest published version before it reads. What it gets must not be older.

subjects    what is written and read, and the rules by which a read is judged
board       the shared memory: published and announced versions, process ids, counts
designs     the caches under test: ours and its peers, each in processes of its own with settings of its own
forms       the forms of writes: save, update, bulk_update, raw SQL, in a transaction and without
writer      a process that writes
reader      a process that reads and judges
child       starts in a new process and becomes a writer or a reader
nemeses     what befalls a process from inside: stopped around a COMMIT, a clock that jumps, no database
forks       a reader that forks while it reads
warming     a thread of a reader that fills its caches again and again
proxy       the connections from each process to the server
failover    a primary, a replica and a Sentinel
faults      kills writers, stops or empties the server, cuts or slows connections; says which stale reads that excuses
databases   a temporary SQLite file, a PostgreSQL server from its wheel, or the database of a URL
supervisor  starts the processes, waits until they are quiet, adds up their results
__main__    the command
"""
