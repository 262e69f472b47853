"""READING: what a caller of the cache meets.

tiers          an entry, and the two places that hold entries: this process, and a Django cache that all processes share
runtime        what the reads of one process share (clock, settings, stores), and whether a value may be served
entries        what this process holds of each cache type and kind
dependencies   what a value depends on, as far as that is known before it is loaded
leases         the generations of the moment before a load
storing        what is stored after a load, and under which stamp
single_flight  of those who miss the same key at the same time, one loads
loading        a miss: the shared tier, then one load
manager        cache_manager: get, set, get_or_load, delete, invalidate_pattern, clear, get_stats
in_many        WHERE … IN for thousands of values
queries        rows for the cache, read without making instances, or joined to others
managers       what the default manager of a model adds to its rows
orderings      which other rows decide the order of a list
rows_by_field  what the two forms of look-up share
lookups        CachedLookup: at most one row per value
groups         CachedGroup: all rows per value
decorators     @cached
batch          BatchCache: natural keys to primary keys during one import
"""
