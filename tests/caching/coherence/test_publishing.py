import logging
from collections.abc import Iterable

import pytest

from caching.coherence.generations import GenerationsUnavailable
from caching.coherence.publishing import Publisher

TAGS = ["Employee.email=amy@example.com", "employee/email:amy@example.com:full", "Employee#42", "Employee/+"]


class Unreachable:
    def publish(self, tags: Iterable[str]) -> None:
        raise GenerationsUnavailable("The file is gone.", others_serve=False)


class LogTests:
    def test_an_error_names_what_was_lost_and_no_address(self, caplog: pytest.LogCaptureFixture) -> None:
        publisher = Publisher()
        publisher.use(Unreachable())  # type: ignore[arg-type]

        publisher.publish(TAGS, "call")

        (record,) = caplog.records
        assert record.levelno == logging.ERROR
        assert record.getMessage() == (
            "An invalidation was not delivered. The file is gone. "
            "Tags: Employee#42, Employee.email=…, Employee/+, employee/email:…"
        )
