"""Warnings of the policy: a user sees them first, and confirms exactly these warnings by ticking a box."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from scheduling.policy import Finding, warnings

FIELD = "confirmed_warnings"
MAX_SENTENCES = 50
"""A page lists this many sentences and counts the others."""


class Sentences:
    """The sentences that a page lists: each of them once, at most MAX_SENTENCES of them."""

    def __init__(self, sentences: Iterable[str]) -> None:
        self.all: Sequence[str] = list(dict.fromkeys(sentences))

    def __bool__(self) -> bool:
        return bool(self.all)

    @property
    def shown(self) -> Sequence[str]:
        return self.all[:MAX_SENTENCES]

    @property
    def more(self) -> int:
        return len(self.all) - len(self.shown)


class Warnings(Sentences):
    """Warnings that are confirmed by the token of exactly these sentences."""

    field = FIELD

    @property
    def token(self) -> str:
        """The value of the checkbox. Other warnings have another token, so no one confirms what they have not read."""
        return hashlib.sha256("\n".join(self.all).encode()).hexdigest()[:20]

    def are_confirmed(self, data: Mapping[str, Any]) -> bool:
        return not self or data.get(FIELD) == self.token


class ConfirmsWarnings:
    """A form or formset that is valid once its warnings are confirmed. Its `clean` sets `findings`."""

    findings: Sequence[Finding] = ()
    data: Mapping[str, Any]

    @property
    def warnings(self) -> Warnings:
        return Warnings(finding.message for finding in warnings(self.findings))

    @property
    def asks_for_confirmation(self) -> bool:
        """Whether the confirmation is all that is missing."""
        return super().is_valid() and not self.warnings.are_confirmed(self.data)  # type: ignore[misc]

    def is_valid(self) -> bool:
        return super().is_valid() and self.warnings.are_confirmed(self.data)  # type: ignore[misc]
