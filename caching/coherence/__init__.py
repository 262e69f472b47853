"""WRITING: when a cached value stops being true.

models_by_label  references to models by label ("scheduling.Employee") before they are loaded
columns          which fields can be watched by value
spelling         the canonical form of their values in tags
watched          the watched models, and what a write to each table means for them
tags             the tags of rows, models and selections; rows_where
causes           the cause under which an invalidation is counted and logged
texts            what kind of statement a SQL text is, and which tables it names
statements       which rows and values a SQL statement writes
late             what was declared after start-up, so that other processes may not know it
cascades         rows that the database itself changes when others are deleted
triggers         triggers that write rows of watched models, which no statement names
plans            the tags that a SQL statement publishes
two_phase        what prepared transactions have written
snapshots        whether the next read on a connection sees the latest committed state
cursors          the cursors of a connection: what they read, and what they write without Django's hook
outbox           a table of invalidations that could not be delivered
publishing       the Publisher, through which every change of generations goes
refusals         whether an error of the database means that nothing was written
dirty            what the open transactions of this process have written
control          statements that begin, end or change a transaction by hand
reads            times the SELECT statements that the cache has not answered
watcher          the watcher of one connection: statements, commit, rollback, close
invalidation     invalidate, and what Django's signals publish
receivers        post_save, post_delete and m2m_changed
watching         watch, which declares that a model is watched
querysets        a QuerySet whose bulk_update publishes exactly what it writes
"""
