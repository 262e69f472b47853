"""Values in the form in which the cache holds them: no pickle, no deepcopy, nothing that a reader could change.

forms      the frozen forms: rows, collections, records
records    the dataclasses that a cache type declares
columns    the columns of a model, and their fingerprint
freezing   convert a value to its frozen form, and back to a copy
encoding   convert a frozen form to bytes, and back
"""
