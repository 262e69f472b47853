"""How any file is imported. Nothing here knows what the rows of a file are about; ``scheduling.imports.kinds`` does.

In the order of reading:

problems      what is wrong with a file or a row, and the sentences that say so
values        one cell to a value: texts, numbers, dates, times, choices, lists of names
columns       what a column means, and how its cells are read
headers       which column of a file is which of ours
files         the bytes of a CSV or XLSX file to a table
sheet         a file column by column, and what is wrong with its rows
references    the natural keys in a column to primary keys
bulk          many rows read and written at once
results       what an import returns, as django-import-export wants it
preview       the cells that the preview page shows
import_kind   the declaration of one kind of import
spelling      names that are spelled like a stored one but for capitals
blanks        empty cells that are no value
run           one import of one file
report        what a run has done, as a result
gc_pause      the garbage collector, paused during an import
query_count   how many statements an import takes
one_at_a_time  two imports of the same kind at once: the second waits
resource      the interface of django-import-export, which starts a run
"""
