"""WRITING: when a cached value stops being true.

models_by_label  models that are named before they are loaded: "scheduling.Employee"
columns          which fields can be followed, and how their values are spelled in tags
watched          which models are watched, and what a write to each table means for them
tags             the tags that a row, a model or a selection has; rows_where
causes           what an invalidation is counted and logged as
statements       which rows and values one SQL statement writes
cascades         what the database itself changes when rows are deleted
plans            from the text of a statement to the tags that it writes
snapshots        whether what a connection reads next is the newest committed state
outbox           invalidations that could not be delivered, in a table
publishing       the one gate through which generations change
dirty            what open transactions of this process have written
watcher          the watcher of one connection: statements, commit, rollback, close
invalidation     invalidate, and what the signals of Django publish
receivers        post_save, post_delete and m2m_changed
watching         watch: the declaration that starts all of this for a model
querysets        the queryset whose bulk_update publishes exactly what it writes
"""
