"""Warnings of the policy: shown first, and passed over by a tick at a box that stands for exactly these warnings."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from scheduling.policy import Finding, warnings

FIELD = "confirmed_warnings"
MOST_SENTENCES = 50
"""How many sentences a page lists; it counts the others."""


class Sentences:
    """What a page lists: every sentence once, at most MOST_SENTENCES of them."""

    def __init__(self, sentences: Iterable[str]) -> None:
        self.all: Sequence[str] = list(dict.fromkeys(sentences))

    def __bool__(self) -> bool:
        return bool(self.all)

    @property
    def shown(self) -> Sequence[str]:
        return self.all[:MOST_SENTENCES]

    @property
    def more(self) -> int:
        return len(self.all) - len(self.shown)


class Warnings(Sentences):
    field = FIELD

    @property
    def token(self) -> str:
        """What the box sends. Other warnings have another one, so what nobody has read is confirmed by nobody."""
        return hashlib.sha256("\n".join(self.all).encode()).hexdigest()[:20]

    def are_confirmed(self, data: Mapping[str, Any]) -> bool:
        return not self or data.get(FIELD) == self.token


class ConfirmsWarnings:
    """A form or a formset that is valid once its warnings are confirmed. Whoever checks it sets `findings`."""

    findings: Sequence[Finding] = ()
    data: Mapping[str, Any]

    @property
    def warnings(self) -> Warnings:
        return Warnings(finding.message for finding in warnings(self.findings))

    @property
    def asks_for_confirmation(self) -> bool:
        """Whether nothing but the tick is lacking."""
        return super().is_valid() and not self.warnings.are_confirmed(self.data)  # type: ignore[misc]

    def is_valid(self) -> bool:
        return super().is_valid() and self.warnings.are_confirmed(self.data)  # type: ignore[misc]
