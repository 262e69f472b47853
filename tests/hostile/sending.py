"""Sends a request, takes back what it has changed, and says what was wrong with the answer."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

from django.core.signals import got_request_exception
from django.db import DatabaseError, connection, transaction
from django.test import Client

from tests.hostile.requests import Sent


class _TakeBack(Exception):
    """Rolls back what a request has written."""


def what_is_wrong(log_in: Callable[[], Client], sent: Sent) -> str | None:
    """Return what a request brought down, with the traceback; None if it got an answer below 500.

    Foreign keys are checked as at COMMIT. What the request wrote is rolled back, so that the next one finds the same.
    """
    caught: list[str] = []

    def note(**kwargs: Any) -> None:
        caught.append(traceback.format_exc())

    got_request_exception.connect(note)
    try:
        with transaction.atomic():
            client = Client() if sent.anonymous else log_in()
            client.raise_request_exception = False
            for name, value in sent.cookies.items():
                client.cookies[name] = value.encode().decode("latin-1")  # as WSGI reads what a browser sends
            response = _send(client, sent)
            if response.status_code < 500 and not caught:
                connection.check_constraints()
            raise _TakeBack
    except _TakeBack:
        status: Any = response.status_code
    except DatabaseError:
        caught.append(traceback.format_exc())
        status = "COMMIT"
    finally:
        got_request_exception.disconnect(note)
    return f"{status}: {sent}\n{''.join(caught)}" if caught or status == "COMMIT" or status >= 500 else None


def _send(client: Client, sent: Sent) -> Any:
    response: Any = client.get(sent.address) if sent.form is None else client.post(sent.address, sent.form)
    if response.streaming:
        b"".join(response.streaming_content)
    return response
