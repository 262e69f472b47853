"""Long imports as tasks of Django's task framework, where TASKS names a backend that runs them elsewhere (Django 6)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings

from scheduling.imports.background.worker import run_import

try:
    from django.tasks import task
except ImportError:  # Django 5.2 has no tasks.
    task = None  # type: ignore[assignment]

HERE = ("django.tasks.backends.immediate.", "django.tasks.backends.dummy.")
"""Backends that run a task in the request, or never."""


def are_configured() -> bool:
    """Return whether a task would run in another process."""
    backend = getattr(settings, "TASKS", {}).get("default", {}).get("BACKEND", "")
    return task is not None and bool(backend) and not backend.startswith(HERE)


def import_upload(key: str) -> str:
    """Import the upload of a run; return the outcome."""
    return run_import(UUID(key), queued=True).outcome


if task is not None:
    import_upload = task(import_upload)  # type: ignore[assignment]


def enqueue(key: UUID) -> None:
    """Let a worker of the task framework import the upload of a run."""
    queued: Any = import_upload
    queued.enqueue(str(key))
