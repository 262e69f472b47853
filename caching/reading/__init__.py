"""READING: the interface that callers of the cache use.

eviction       which entry of a full type makes room: by SIEVE, or the least recently used
background     threads that load what nobody waits for
tiers          entries, and the tier that all processes share: a Django cache
aging          when the renewal of an entry is due
runtime        what all reads of a process share (clock, settings, stores), and whether an entry may be served
places         the scope, databases and filter that an answer depends on besides its key
polling        loads as polls: what changes behind Django's back, and the time to live from that
entries        the entries that this process holds, by cache type and kind
placed_kind    the same for a kind whose answers differ from place to place
type_table     the types and kinds of this process, made when they are first used
finding        what both tiers hold for some keys and may be served
dependencies   what a value depends on, as far as is known before it is loaded
leases         the generations at the moment before a load
storing        whether a loaded value is stored, and with which stamp
single_flight  one load at a time for each key
herd           one load over all processes: whose turn it is
loading        what happens on a miss: the shared tier, then one load
renewal        refresh before expiry: who reads a value whose time is nearly over has it renewed
refill         after a write, its process loads the row for all processes
manager        cache_manager: get, set, get_or_load, delete, invalidate_pattern, clear, get_stats
asked          the value that a look-up is asked for, as its field holds it
in_many        WHERE … IN for thousands of values
queries        reading rows for the cache: without creating instances, or joined to others
filters        the filter of a default manager, which may change from call to call
managers       what the default manager of a model adds to its rows
orderings      which other rows decide the order of a list
rows_by_field  the base class of CachedLookup and CachedGroup
lookups        CachedLookup: at most one row per value
groups         CachedGroup: all rows per value
decorators     @cached
batch          BatchCache: primary keys by natural key during one import
"""
