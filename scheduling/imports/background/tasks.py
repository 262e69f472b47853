"""Long imports as tasks of Django's task framework, where TASKS names a backend that runs them elsewhere (Django 6)."""

from __future__ import annotations

import importlib
from typing import Any
from uuid import UUID

import django
from django.conf import settings

from scheduling.imports.background.worker import run_import

HERE = ("django.tasks.backends.immediate.", "django.tasks.backends.dummy.")
"""Backends that run a task in the request, or never."""


def are_configured() -> bool:
    """Return whether a task would run in another process."""
    backend = getattr(settings, "TASKS", {}).get("default", {}).get("BACKEND", "")
    return django.VERSION >= (6, 0) and bool(backend) and not backend.startswith(HERE)


def import_upload(key: str) -> str:
    """Import the upload of a run; return the outcome."""
    return run_import(UUID(key)).outcome


# Django 5.2 has no tasks.
_task: Any = importlib.import_module("django.tasks").task if django.VERSION >= (6, 0) else None
if _task is not None:
    import_upload = _task(import_upload)


def enqueue(key: UUID) -> None:
    """Let a worker of the task framework import the upload of a run."""
    task: Any = import_upload
    task.enqueue(str(key))
