"""Staff scheduling: who works which shift.

Each module imports only from those above it in this list.

calendar         weeks from Monday to Sunday
statuses         the statuses of schedules and assignments, and what they mean
department_tree  every walk up or down the tree of departments
fields           the e-mail field, and the one function that normalises an address
caches           every cached read, and what becomes stale when a row changes
models           the tables, one module per subject, and their querysets
warming          what is worth loading into the caches before anybody asks for it
policy           what a plan must respect, for forms, actions and imports alike
attention        what needs attention in some weeks, in numbers
workflow         what is done with whole schedules: steps, versions, copies
exports          tables into CSV and XLSX files
imports          CSV and XLSX files into tables
samples          the files that `make demo` imports, and their generator
admin            the admin's pages
templatetags     what the admin's templates ask for
management       the commands: demo, import_csv, delete_uploads
apps             puts the parts together at start-up
"""
