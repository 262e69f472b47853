"""Import of CSV and XLSX files, through django-import-export.

In the order of reading:

engine     how any file is imported
kinds      what each kind of file is: employees, departments, shifts, skills, schedules, assignments, rules
remembered  what a user has chosen for files with certain headers
undo_runs  the undo of an import, which is a run itself
uploads    the limit for uploaded files while they arrive, and where they wait for their confirmation
formats    the file formats of the import pages
pages      the import pages of the admin: upload, preview, confirm
"""
