from typing import Any

import django
import pytest

from scheduling.imports.background import tasks
from scheduling.imports.background.starting import start
from scheduling.models import Department, Employee, ImportRun

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
