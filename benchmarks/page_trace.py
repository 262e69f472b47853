"""Runs in a worker of ``benchmarks.eviction``: records what the cache is asked for while a planner opens pages."""

from __future__ import annotations

import logging
import random
from itertools import accumulate
from typing import Any

from benchmarks import pages
from benchmarks.load.mix import ADDRESSES, MIX, SAVE
from benchmarks.pages import prepare

__all__ = ["prepare", "record"]


class _Reads(logging.Handler):
    """Keeps "type key" of every read that the cache logs: "Hit in employee: email:amy@example.com"."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if str(record.msg).startswith(("Hit in", "Miss in", "%s in %s: %s")):
            type_name, key = list(record.args or ())[-2:]
            self.found.append(f"{type_name} {key}")


def record(visits: int, seed: int) -> list[str]:
    """Return the reads of that many pages of the mix, each about a row: a few rows are asked for often, most rarely."""
    chance = random.Random(seed)
    about = _rows()
    weights = {name: weight for name, weight in MIX.items() if name != SAVE}
    client = pages._known["client"]
    reads, logger = _Reads(), logging.getLogger("caching")
    before = logger.level, logger.propagate
    logger.addHandler(reads)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False  # thousands of lines would be printed
    try:
        for name in chance.choices(list(weights), list(weights.values()), k=visits):
            rows = {subject: _often(chance, keys) for subject, keys in about.items()}
            assert client.get(ADDRESSES[name].format(**rows)).status_code == 200, name
    finally:
        logger.removeHandler(reads)
        logger.level, logger.propagate = before
    return reads.found


def _rows() -> dict[str, list[Any]]:
    from scheduling.models import Employee, Schedule, ScheduleAssignment

    models: dict[str, Any] = {"employee": Employee, "schedule": Schedule, "assignment": ScheduleAssignment}
    return {name: list(model.objects.order_by("pk").values_list("pk", flat=True)) for name, model in models.items()}


def _often(chance: random.Random, keys: list[Any]) -> Any:
    """Return one of the keys, by Zipf's law with the exponent 0.9."""
    return chance.choices(keys, cum_weights=list(accumulate((rank + 1) ** -0.9 for rank in range(len(keys)))))[0]
