"""What an import tells people: what is wrong, where, and what they may have meant."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from django.core.exceptions import ValidationError


class FileError(ValueError):
    """The file as a whole cannot be imported; the message is one sentence for the person who has the file."""


@dataclass(frozen=True)
class Problem:
    """Why a row is refused."""

    row: int
    """As a spreadsheet counts: the header is row 1."""
    column: str
    """As the file's header spells it; empty if no single column is to blame."""
    value: str
    reason: str

    def as_error(self) -> ValidationError:
        return ValidationError(self.reason)


def nearest(value: str, known: Iterable[str]) -> str | None:
    """Return the known name that is spelled most like the value, whatever its case, or None if none is near."""
    spellings = {name.casefold(): name for name in known}
    # Addresses of one company are alike by their second half alone.
    cutoff = 0.8 if "@" in value else 0.6
    near = get_close_matches(value.casefold(), spellings, n=1, cutoff=cutoff)
    return spellings[near[0]] if near else None


def did_you_mean(value: str, known: Iterable[str]) -> str:
    """Return " Did you mean 'Night shift'?", or nothing if no known name is near."""
    near = nearest(value, known)
    return f" Did you mean '{near}'?" if near is not None else ""


def shown(value: object, length: int = 60) -> str:
    """Return a cell as a message quotes it: on one line, not too long."""
    text = " ".join(str(value).split())
    return text if len(text) <= length else f"{text[: length - 1]}…"


def listed(names: Iterable[str], last: str = "and", most: int = 8) -> str:
    """Return the names in quotes as a sentence has them: 'a', 'b' and 'c'."""
    quoted = [f"'{name}'" for name in names]
    if len(quoted) > most:
        quoted = [*quoted[:most], f"{len(quoted) - most} more"]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} {last} {quoted[-1]}" if quoted else ""
