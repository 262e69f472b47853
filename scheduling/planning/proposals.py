"""What an act will do, before anybody does it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(kw_only=True)
class Proposal:
    summary: str
    """One sentence: what will be done."""
    done: str = ""
    """The sentence once it is done."""
    errors: Sequence[str] = ()
    """What stands in the way of all of it."""
    left_out: Sequence[str] = ()
    """Why some of the rows are left out; the others are done all the same."""
    warnings: Sequence[str] = field(default_factory=list)
    """What has to be confirmed."""
