"""Dates in sentences, written as the reader's language writes them."""

from __future__ import annotations

import datetime
from functools import lru_cache

from django.utils.formats import date_format
from django.utils.translation import get_language


def written(date: datetime.date | None) -> str:
    """Return "2026-11-30" in English, "30.11.2026" in German, and an empty text without a date."""
    return "" if date is None else _written(date, get_language())


# A check of a thousand assignments writes a few dates many times, and writing a date takes as long as checking an
# assignment.
@lru_cache(maxsize=1_000)
def _written(date: datetime.date, language: str | None) -> str:
    return date_format(date, "SHORT_DATE_FORMAT")
