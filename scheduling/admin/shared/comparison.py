"""A row as it was shown, as it is now, and as somebody wants it: what was touched, and whether both have changed it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from scheduling.admin.shared.shown import Values

GONE = "gone"
MINE, THEIRS = "mine", "theirs"


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Three states of one row."""

    shown: Values | None
    """None if nobody knows: the page did not say."""
    now: Values | None
    """None if the row is no longer there."""
    mine: Values
    """What was submitted."""
    deletes: bool = False
    """Whether the row was marked for deletion."""
    answer: str = ""
    """What was answered to the question which of two changes holds."""

    @cached_property
    def touched(self) -> list[str]:
        """The fields that hold something else than was shown, and than is stored by now."""
        before = self.shown if self.shown is not None else self.now or {}
        return [name for name, value in self.mine.items() if value not in self._known(name, before)]

    def _known(self, name: str, before: Values) -> Iterator[Any]:
        # A field that was not shown cannot have been touched.
        yield before.get(name, self.mine[name]) if self.shown is not None else before.get(name)
        if self.now is not None:
            yield self.now.get(name)

    @cached_property
    def theirs(self) -> list[str]:
        """The fields that someone else has changed, unless to what was submitted."""
        if self.now is None:
            return []
        if self.shown is None:
            return [name for name, value in self.now.items() if value != self.mine.get(name)]
        return [
            name
            for name, value in self.now.items()
            if name in self.shown and value != self.shown[name] and (self.deletes or value != self.mine.get(name))
        ]

    @property
    def is_gone(self) -> bool:
        return self.now is None

    @property
    def is_conflict(self) -> bool:
        """Whether two people want different things of this row."""
        if self.now is None:
            return bool(self.touched) and not self.deletes
        if self.shown is None:
            return self.deletes or bool(self.touched)
        return bool(self.theirs) and (self.deletes or bool(self.touched))

    @cached_property
    def state(self) -> str:
        """Stands for what the other has made of the row: an answer is about exactly that."""
        if self.now is None:
            return GONE
        return hashlib.sha256(json.dumps(self.now, sort_keys=True).encode()).hexdigest()[:16]

    def _is_answered(self, by: str) -> bool:
        return self.is_conflict and self.answer == f"{by}-{self.state}"

    @property
    def keeps_mine(self) -> bool:
        return self._is_answered(MINE)

    @property
    def takes_theirs(self) -> bool:
        return self._is_answered(THEIRS)

    @property
    def is_open(self) -> bool:
        """Whether the person has to decide first."""
        return self.is_conflict and not (self.keeps_mine or self.takes_theirs)
