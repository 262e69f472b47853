"""Import of CSV and XLSX files, through django-import-export.

In the order of reading:

engine      how any file is imported
kinds       what each kind of file is: employees, departments, shifts, skills, schedules, assignments, rules
history     the history of the admin: an entry for each row that was written
undo_runs   the undo of an import, which is a run itself
uploads     the limit for uploaded files while they arrive, and where they wait for their confirmation
background  imports that take longer than a request may
formats     the file formats of the import pages
pages       the import pages of the admin: upload, preview, confirm
"""
