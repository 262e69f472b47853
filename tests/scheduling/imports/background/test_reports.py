import time
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError

from scheduling.imports.background import reports
from scheduling.imports.background.reports import Report, Stopped
from scheduling.imports.background.signs import Heard
from tests.waiting import wait_until


class Ear:
    """Signs that only keep what they were told."""

    key, using = uuid4(), "default"

    def __init__(self) -> None:
        self.said: list[Mapping[str, Any]] = []
        self.answer: Heard | Exception = Heard(is_holder=True)

    def beat(self, lease: str, progress: Mapping[str, Any]) -> Heard:
        self.said.append(progress)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def ear(monkeypatch: pytest.MonkeyPatch) -> Ear:
    monkeypatch.setattr(reports, "BEAT_SECONDS", 0.01)
    return Ear()


def report(ear: Ear, total: int = 10) -> Report:
    return Report(ear, "lease", total)  # type: ignore[arg-type]


class SnapshotTests:
    def test_counts_rows_and_names_the_step(self, ear: Ear) -> None:
        found = report(ear)
        assert (found.snapshot()["step"], found.snapshot()["done"], found.snapshot()["rate"]) == ("reading", 0, None)

        found.step("checking")
        found(4)
        found.step("writing")
        assert found.snapshot()["rate"] is None  # None is written yet; those four were unchanged.
        time.sleep(0.01)
        found(3)

        said = found.snapshot()
        assert (said["step"], said["done"], said["total"]) == ("writing", 7, 10)
        assert 0 < said["rate"] < 3 / 0.01

    def test_more_rows_than_were_expected_are_not_over_a_hundred_percent(self, ear: Ear) -> None:
        found = report(ear)
        found(12)
        assert found.snapshot()["total"] == 12


class BeatTests:
    def test_goes_on_during_a_step_without_rows(self, ear: Ear) -> None:
        with report(ear):
            wait_until(lambda: len(ear.said) > 3)
        number = len(ear.said)
        time.sleep(0.05)
        assert len(ear.said) == number

    @pytest.mark.django_db
    @pytest.mark.parametrize("error", [OperationalError("locked"), OSError("full")])
    def test_that_fails_is_tried_again(self, error: Exception, ear: Ear) -> None:
        ear.answer = error
        with report(ear) as found:
            wait_until(lambda: len(ear.said) > 2)
            found(1)
            ear.answer = Heard(is_holder=True, stopped_by=7)
            wait_until(lambda: found.snapshot()["stopping"])

    @pytest.mark.parametrize(
        ("heard", "user"), [(Heard(is_holder=True, stopped_by=7), 7), (Heard(is_holder=False, stopped_by=7), None)]
    )
    def test_that_is_answered_by_stop_ends_the_import_at_the_next_batch(
        self, heard: Heard, user: int | None, ear: Ear
    ) -> None:
        ear.answer = heard
        with report(ear) as found:
            wait_until(lambda: found.snapshot()["stopping"])
            with pytest.raises(Stopped) as stopped:
                found(1)
            with pytest.raises(Stopped):
                found.step("writing")
        assert stopped.value.user == user
        assert found.snapshot()["done"] == 0
