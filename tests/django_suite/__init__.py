"""Django's own test suite, with the cache installed and every model watched, beside the same without the cache.

applications  which of Django's test applications are run, and the tests that assert our absence
sources       Django's sdist, by pip
settings      the settings of both runs
apps          watches every model of every application
rows          checks that every row that a statement has changed was announced
recording     which tests have failed, as a file
child         one of the two runs, in a process of its own
comparison    which failures the cache has brought

``make django-suite`` runs it; ``python -m tests.django_suite queries update`` runs these two applications.
"""
