"""The explorer: the real code of the cache under a deterministic scheduler, every schedule with few preemptions.

scheduler   which actor goes on, and the search over all schedules
database    a simulated database with row locks, and what it owes to a reader
stores      the store of generations for one host, with a step before everything that is shared
redis_stores  the Redis store, with a model of the server in the place of its connections
processes   simulated processes, each with a cache of its own
questions   what a reader asks, and which rows belong to the answer
world       all of it together: runs, faults, the check of every answer
sharing     a shared tier, whose turn it is to load, and background jobs
staging     how a scenario is declared and explored
scenarios   who reads and who writes what
loads       the scenarios in which loads are shared, or nobody waits for them
faults      the scenarios in which something breaks
faults_in_redis  the same on the Redis store, and what befalls its server and the network
hints       where to look for a mutation first
mutations   rules broken on purpose, each to be found by a scenario

``python -m tests.explorer`` runs all of it.
"""
