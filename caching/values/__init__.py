"""Values as the cache holds them: no pickle, no deepcopy, nothing that its reader could change.

forms      the frozen forms: rows, collections, records
records    the dataclasses that a cache type declares
columns    what the cache knows of a model's columns, and the fingerprint of them
freezing   from a value to its frozen form, and back to a copy
encoding   from a frozen form to bytes, and back
"""
