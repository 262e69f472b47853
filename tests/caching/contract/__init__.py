"""The contract of reading: every door gives the instance that Django's own query gives, or the declaration is refused.

apps       the models here as an app, for the time of a test
pictures   what is compared: class, values and their types, state, joined instances
doors      every way to read, from each state of the tiers
cases      what is read: a model, its rows, the look-ups by its fields
columns    a model for each class of field, of Django and of one's own
columns_of_postgres  the same for the fields that only PostgreSQL has
models     models of every other form: relations, inheritance, keys
managers   default managers that filter, order, defer, join and add
stateful   models whose instances hold more than their fields
forms      the cases of models with relations, parents and keys of every type
forms_of_instances  the cases of default managers, and of instances with state of their own
random_models   sets of models that are drawn at random
random_writes   what is done to their rows, by every way to write
random_reads    their doors, compared with the database after each write
"""
