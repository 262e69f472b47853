"""What the project promises in figures, measured.

    python -m benchmarks.reads   [--redis] [--json FILE]     a cached read against a dict, LocMem and the query
    python -m benchmarks.imports [--rows N] [--json FILE]    the import against a stock ModelResource and bulk_create
    python -m benchmarks.writes  [--redis] [--json FILE]     what a save costs with the cache watching, and with peers
    python -m benchmarks.policy  [--json FILE]               the checks of a thousand new assignments
    python -m benchmarks.pages   [--json FILE]               every page of the admin, cold, warm and without the cache
    python -m benchmarks.scale   [--json FILE]               reads, and messages per write, of 1 to 10,000 processes
    python -m benchmarks.torture --help                      is any read ever stale?

Each makes databases of its own in a temporary folder, starts the servers that it needs, runs what it compares in a
process of its own, prints medians with their bars, and with ``--json`` writes one flat object with the unit in each
name. `make bench` installs what they need; who compares with peers installs `benchmarks/requirements.txt`.
"""
