"""Files into tables, through django-import-export.

kinds.py        the kinds of import by name
employees.py    assignments.py  departments.py  shifts.py  rules.py: what each kind means, a Resource each
resources.py    the lean Resource that they share · columns.py, sheet.py: a file column by column
files.py        CSV and XLSX -> a table · headers.py: whose column is it · values.py: cells -> values
bulk.py         rows into the database in batches · skills.py: a many-to-many relation in bulk
results.py      what an import answers · problems.py: what is wrong, in sentences
garbage.py      the collector of cycles, paused meanwhile
admin.py        the import pages · formats.py: their file formats
"""
