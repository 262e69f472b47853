"""Staff scheduling: who works which shift.

models/       the tables, one file per subject: organisation, shifts, planning, rules, notifications
querysets.py  every filter and every fixed read, as methods of the managers
fields.py     the e-mail field and the one function that normalises an address
caches.py     every cached read, and what goes stale when a row changes
attention.py  what of some weeks needs somebody, in numbers
policy/       what a plan must respect, for forms, actions and imports alike
exports/      lists of the admin to CSV and XLSX files
imports/      CSV and XLSX files to rows: engine/, how any file is imported · kinds/, what each kind of file is
admin/        one file per file of models/
templatetags/ what the admin's first page asks for · locale/: the texts in German
samples/      the files that `make demo` imports, and their generator
"""
