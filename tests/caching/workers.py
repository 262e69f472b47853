"""What processes of ``multiprocessing`` run in tests; spawned ones import it before Django is loaded."""

import os
from multiprocessing.connection import Connection

EMAIL = "amy@example.com"


def serve(requests: Connection, environment: dict[str, str]) -> None:
    """Answer each name that is sent by saving it, and None by reading, until the other end is closed."""
    # A fork server keeps the environment of its start.
    os.environ.update(environment)
    import django
    from django.db import connections

    django.setup()
    from scheduling.models import Employee

    try:
        while True:
            if (name := requests.recv()) is not None:
                Employee.objects.filter(email=EMAIL).update(first_name=name)
            found = Employee.objects.get_by_email(EMAIL)
            requests.send(found and found.first_name)
    except EOFError:
        connections.close_all()
