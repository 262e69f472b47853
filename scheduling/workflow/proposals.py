"""What an operation will do, before it is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(kw_only=True)
class Proposal:
    summary: str
    """What will be done, in one sentence."""
    done: str = ""
    """The sentence to show afterwards."""
    errors: Sequence[str] = ()
    """What prevents the whole operation."""
    left_out: Sequence[str] = ()
    """Why some of the rows are left out. The others are done nevertheless."""
    warnings: Sequence[str] = field(default_factory=list)
    """What has to be confirmed first."""
