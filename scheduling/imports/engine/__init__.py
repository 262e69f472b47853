"""How any file is imported. Nothing here knows what the rows of a file are about; ``scheduling.imports.kinds`` does.

In the order of reading:

problems      what is wrong with a file or a row, and the sentences that say so
error_values  what a spreadsheet shows in place of a value that it cannot compute
texts         one cell to a text, unless a spreadsheet has made something else of it
dates         one cell to a date
times         one cell to a time of day
values        one cell to any other value: numbers, yes or no, choices, lists of names
columns       what a column means, and how its cells are read
headers       which column of a file is which of ours, and which row has the headers
words         what the columns are called in the languages of the project
encodings     the bytes of a text file to its text
csv_rows      the text of a CSV file to its rows
survey        limits for a spreadsheet, before anything is built from it
survey_xlsx   the survey of an XLSX file
survey_ods    the survey of an OpenDocument file
workbooks     the bytes of a spreadsheet to the rows of one of its sheets
tables        rows as a table that is kept column by column
files         the bytes of any file to a table
sheet         a file column by column, and what is wrong with its rows
chosen_values  what the user says that values of a file mean
references    the natural keys in a column to primary keys
known_values  what the values of a column can mean, the nearest first
new_rows      new rows in a file that lacks columns which new ones need
lost_zeros    numbers that have lost the zeros with which they begin
bulk          many rows read and written at once
mending       cells that are mended by hand, and the wrong ones as a form shows them
results       what an import returns, as django-import-export wants it
preview       the cells that the preview page shows
outcomes      what has become of each row
import_kind   the declaration of one kind of import
doubtful_headers  headers whose meaning only the values below them tell
file_columns  the columns of a file as a person sees them, and what they are read as
spelling      names that are spelled like a stored one but for capitals
blanks        empty cells that are no value
besides       what an import makes besides its rows, and what of it they need
repeated_rows  rows that have become several, one for each day
run           one import of one file
changes       what a run has written, and what each row was before
recording     the record of an import: its file, what came of it, its changes
report        what a run has done, as a result
gc_pause      the garbage collector, paused during an import
query_count   how many statements an import takes
one_at_a_time  two imports of the same kind at once: the second waits
references_to  which rows refer to a row
related_keys  the keys of a many-to-many field, of many rows at once
undo          the undo of an import: what nobody has touched since is as it was
resource      the interface of django-import-export, which starts a run
"""
