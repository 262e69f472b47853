"""Import of CSV and XLSX files, through django-import-export.

In the order of reading:

engine     how any file is imported
kinds      what each kind of file is: employees, departments, shifts, skills, schedules, assignments, rules
history    the history of the admin: an entry for each row that was written
undo_runs  the undo of an import, which is a run itself
uploads    the limit for uploaded files while they arrive, and where they wait for their confirmation
background  imports that take longer than a request may
formats    the file format of the import pages: what a file is, its bytes show
forms      the forms of the import pages
choices    what a person chooses for an upload before it is confirmed
template_files  a file for each kind to begin with: its headers, an example, what goes into each column
past_runs  what a run has to say later: its errors, mended cells, and the rows that were left out
remembered  what a user has chosen for files with the same headers
mapping    the sections of the preview in which a person says what columns and values are
previews   the page on which an upload is checked, as often as wanted, before it is confirmed
pages      the import pages of the admin: upload, preview, confirm
"""
