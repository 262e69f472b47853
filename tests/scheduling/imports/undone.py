"""Imports that are undone by a test."""

import datetime
from typing import Any

import tablib

from scheduling.imports.kinds import KINDS
from scheduling.imports.undo_runs import UndoResult
from scheduling.models import ImportRun

DAY = datetime.date(2026, 12, 2)


def imported(kind: str, headers: list[str], *rows: list[Any]) -> ImportRun:
    """Import these rows, and return the run."""
    result = KINDS[kind]().import_data(tablib.Dataset(*rows, headers=headers))
    assert result.saved, result.sentences or result.problems
    return ImportRun.objects.get(outcome="imported")


def reasons(result: UndoResult) -> list[str]:
    return [reason for name, reason in result.left]
