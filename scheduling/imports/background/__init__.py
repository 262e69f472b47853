"""Imports that take longer than a request may: they run in a process of their own.

The row of a run says which process may end it, by a token, the lease. The transaction of an import ends with an UPDATE
of that row where the lease is still the same, so a run that was declared dead or given to another process cannot become
imported afterwards, however late its process wakes up.

In the order of reading:

speed       how long an import will take
signs       whether the process of a run lives, how far it is, and whether it should stop
sign_rows   these signs in the row of the run, for PostgreSQL
sign_files  these signs in files beside the database, for SQLite
reports     what the process of a run says about itself, every other second
worker      the import itself: manage.py import_run
tasks       the same as a task of Django's task framework
starting    from the confirmation to the process
watching    what people are told about a run, and what ends a dead one
pages       the step of the import pages at which a long import leaves the request
"""
