"""Dates as sentences have them: in the order of the reader's language."""

from __future__ import annotations

import datetime
from functools import lru_cache

from django.utils.formats import date_format
from django.utils.translation import get_language


def written(date: datetime.date | None) -> str:
    """Return "2026-11-30" in English, "30.11.2026" in German; nothing for no date."""
    return "" if date is None else _written(date, get_language())


# A check of a thousand assignments writes few dates many times, and to write one takes as long as to check one.
@lru_cache(maxsize=1_000)
def _written(date: datetime.date, language: str | None) -> str:
    return date_format(date, "SHORT_DATE_FORMAT")
