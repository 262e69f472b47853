"""A runner of Django's tests that writes down which of them have failed, and which rows nobody announced."""

import json
import os
import unittest
from pathlib import Path
from typing import Any

from django.test.runner import DiscoverRunner

from . import rows


class RecordingResult(unittest.TextTestResult):
    """Remembers each failure under the id of its test, that of a subtest under the one that it is part of."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.failed: dict[str, str] = {}

    def startTest(self, test: unittest.TestCase) -> None:  # noqa: N802 (of unittest)
        rows.found.test = test.id()
        super().startTest(test)

    def addError(self, test: Any, err: Any) -> None:  # noqa: N802
        super().addError(test, err)
        self.failed[test.id()] = self.errors[-1][1]

    def addFailure(self, test: Any, err: Any) -> None:  # noqa: N802
        super().addFailure(test, err)
        self.failed[test.id()] = self.failures[-1][1]

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:  # noqa: N802
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.failed[test.id()] = self._exc_info_to_string(err, test)  # type: ignore[attr-defined]

    def addUnexpectedSuccess(self, test: Any) -> None:  # noqa: N802
        super().addUnexpectedSuccess(test)
        self.failed[test.id()] = "an unexpected success"

    def printErrors(self) -> None:  # noqa: N802
        """Print nothing: the comparison tells which failures count."""


class RecordingRunner(DiscoverRunner):
    """Writes the result to the file that ``DJANGO_SUITE_RESULT`` names."""

    def get_resultclass(self) -> type[unittest.TextTestResult]:
        return RecordingResult

    def suite_result(self, suite: Any, result: Any, **kwargs: Any) -> int:
        found = {
            "ran": result.testsRun,
            "failed": result.failed,
            "statements": rows.found.statements,
            "rows": rows.found.rows,
            "unannounced": rows.found.unannounced,
        }
        Path(os.environ["DJANGO_SUITE_RESULT"]).write_text(json.dumps(found), encoding="utf-8")
        return 0
