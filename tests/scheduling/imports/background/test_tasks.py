from typing import Any

import django
import pytest

from scheduling.imports.background import tasks
from scheduling.imports.background.starting import start
from scheduling.imports.background.worker import run_import
from scheduling.imports.engine.problems import FileError
from scheduling.models import Department, Employee, ImportRun
from tests.factories import ImportRunFactory
from tests.scheduling.imports.background.running import people

pytestmark = pytest.mark.django_db(transaction=True)
BACKENDS = ("django.tasks.backends.immediate.ImmediateBackend", "django.tasks.backends.dummy.DummyBackend")
NEEDS_TASKS = pytest.mark.skipif(django.VERSION < (6, 0), reason="Django 5.2 has no tasks.")


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_would_run_here_or_never_is_not_asked(backend: str, settings: Any) -> None:
    settings.TASKS = {"default": {"BACKEND": backend}}

    assert not tasks.are_configured()


def test_without_the_setting_there_are_none(settings: Any) -> None:
    settings.TASKS = {}

    assert not tasks.are_configured()


@NEEDS_TASKS
def test_a_queue_is_asked(settings: Any) -> None:
    settings.TASKS = {"default": {"BACKEND": "somewhere.else.Queue"}}

    assert tasks.are_configured()


@NEEDS_TASKS
def test_a_task_imports_the_upload_when_a_worker_has_time(
    kitchen: Department, run: ImportRun, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A backend that keeps tasks, and counts as one that runs them elsewhere.
    settings.TASKS = {"default": {"BACKEND": BACKENDS[1]}}
    monkeypatch.setattr(tasks, "HERE", ())

    assert start(run.pk)

    run.refresh_from_db()
    assert (run.outcome, run.lease) == ("running", "")
    task: Any = tasks.import_upload
    assert task.func(str(run.pk)) == "imported"
    assert Employee.objects.count() == 3


@pytest.mark.parametrize("outcome", ["cancelled", "interrupted", "previewed"])
def test_what_no_longer_waits_for_a_task_is_not_imported_by_one(outcome: str, kitchen: Department) -> None:
    run = ImportRunFactory(outcome=outcome, file=people(2))

    with pytest.raises(FileError, match="cannot be imported, because it is"):
        run_import(run.pk, queued=True)

    assert not Employee.objects.exists()


def test_an_upload_that_cannot_be_queued_waits_for_its_confirmation_again(
    run: ImportRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(key: Any) -> None:
        raise ConnectionError("no queue")

    monkeypatch.setattr(tasks, "are_configured", lambda: True)
    monkeypatch.setattr(tasks, "enqueue", fail)

    with pytest.raises(ConnectionError):
        start(run.pk)

    run.refresh_from_db()
    assert (run.outcome, run.lease) == ("previewed", "")


@pytest.mark.parametrize("outcome", ["running", "cancelled"])
def test_the_task_asks_for_a_run_that_waits_for_it(outcome: str, kitchen: Department) -> None:
    task: Any = tasks.import_upload
    run = ImportRunFactory(outcome=outcome, file=people(2))

    try:
        getattr(task, "func", task)(str(run.pk))
    except FileError:
        assert outcome == "cancelled"

    assert Employee.objects.count() == (2 if outcome == "running" else 0)
