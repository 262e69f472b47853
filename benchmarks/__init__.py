"""Measures what the project promises in figures.

    python -m benchmarks.reads   [--redis] [--json FILE]     a cached read against a dict, LocMem and the query
    python -m benchmarks.imports [--rows N] [--json FILE]    the import against a stock ModelResource and bulk_create,
                                                             also with --database embedded, which is PostgreSQL
    python -m benchmarks.writes  [--redis] [--json FILE]     what a save costs with the cache watching, and with peers
    python -m benchmarks.policy  [--json FILE]               the checks of a thousand new assignments
    python -m benchmarks.pages   [--json FILE]               every page of the admin, cold, warm and without the cache
    python -m benchmarks.monitoring [--json FILE]            what it costs to see what the cache does
    python -m benchmarks.scale   [--json FILE]               reads, and messages per write, of 1 to 10,000 processes
    python -m benchmarks.herd    [--json FILE]               how often the database is asked if many want the same row
    python -m benchmarks.hot     [--json FILE]               do readers wait for values that expire?
    python -m benchmarks.load    [--json FILE]               many planners at once, and what a fault costs them
    python -m benchmarks.eviction [--json FILE]              which entries of a full tier make room: SIEVE, LRU, LFU
    python -m benchmarks.ttl     [--json FILE]               times to live that are learned, against fixed ones
    python -m benchmarks.memory  [--json FILE]               what full caches take, beside what the statistics say
    python -m benchmarks.torture --help                      is any read ever stale?

Each command creates its databases in a temporary folder, starts the servers that it needs, runs each thing that it
compares in a process of its own, and prints medians beside their bars. With ``--json`` it writes one flat object with
the unit in each name. `make bench` installs what the commands need, and they install `benchmarks/requirements.txt`
themselves where they compare with peers.

harness        the command line, temporary folders, medians, and the table with the bars
worker         a process of its own for each thing that is compared
disks          a disk that is soon full
servers        Valkey and PostgreSQL servers from wheels
plain          settings of the project without the cache
peers          settings of the project with another cache
people         the rows of the sample files, created without the import
reads          what a cached read costs
read_loops     what the workers of `reads` run
writes         what a save costs
imports        what an import costs
import_databases  a database for each importer, and files of any length
import_admin   upload, preview and confirmation in the admin, ours and stock
stock          the import as the documentation of django-import-export shows it, for comparison
sample_import  the figures of the import that `make demo` shows
policy         what a check by the policy costs
pages          what the pages of the admin cost
monitoring     what the page of the cache, its history, its log and /metrics cost
scale          what more processes cost
herd           one load for many threads, tasks and processes
refilling      settings of the project with `REFILL`
hot            what renewing values costs those who read them
eviction       how often a full tier answers
page_trace     what the worker of `eviction` records
ttl            what learned times to live gain
memory         what full caches take
load           the whole site under load
torture        the torture test
"""
