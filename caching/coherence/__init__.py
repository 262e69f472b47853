"""WRITING: when a cached value stops being true.

generations     what a tag is worth now: stamps, intents and the interface of a store of generations
shared_memory   the store for one host: a memory-mapped file that all processes share
statements      which rows and values one SQL statement writes
invalidation    which models are watched, and which tags a write touches
connections     the watcher of a database connection: statements, commit, rollback, close
receivers       post_save, post_delete and m2m_changed
querysets       the queryset that tells the values of a bulk_update
"""
