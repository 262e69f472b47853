"""Values in the form in which the cache holds them: no pickle, no deepcopy, nothing that a reader could change.

forms      the frozen forms: rows, collections, records
records    the dataclasses that a cache type declares
columns    the columns of a model, and their fingerprint
fetching   how a row fetches later what it was loaded without
construction  the models that keep state of their own for each instance
sameness   whether a value that was made again is the one that it stands for
contexts   whether code of somebody else asks for a language or the like
fields     values of fields that are none of the plain types
joined     the instances that were loaded together with the rows that they are joined to
lazy       lazy objects that stand for an instance, such as request.user
prefetched  what was prefetched with rows by a query that nobody else would ask
sharing    equal values in many rows, held once
freezing   convert a value to its frozen form, and back to a copy
encoding   convert a frozen form to bytes, and back
sizes      how many bytes a value takes, estimated
"""
