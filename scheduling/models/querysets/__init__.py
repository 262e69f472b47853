"""Filters as methods of the querysets, and the fixed reads as methods of the managers.

A filter returns a queryset and never asks the cache. A fixed read returns rows or values, and asks the cache first: it
is a thin line to the look-up or function in `scheduling/caches.py`, and hands it the model where rows are computed.
The models are above this package, so their classes are imported for type checkers only.

related        rows of another model, reached through a relation
people         departments, skills, employees
shifts         types of shifts, and shifts
schedules      schedules and their assignments
rules          rules, those in effect on a date
notifications  messages to employees, those that are unread
"""
