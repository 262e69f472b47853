"""What an import tells people: what is wrong, where, and what they may have meant."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


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

    @property
    def sentence(self) -> str:
        """The reason with the number of the row."""
        return _("Row %(row)d: %(reason)s") % {"row": self.row, "reason": self.reason}

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
    return " " + _("Did you mean '%(near)s'?") % {"near": near} if near is not None else ""


def shown(value: object, length: int = 60) -> str:
    """Return a cell as a message quotes it: on one line, not too long."""
    text = " ".join(str(value).split())
    return text if len(text) <= length else f"{text[: length - 1]}…"


def listed(names: Iterable[str], last: str = "", most: int = 8) -> str:
    """Return the names in quotes as a sentence has them: 'a', 'b' and 'c'. `last` is the word for "and"."""
    quoted = [_("'%(name)s'") % {"name": name} for name in names]
    last = last or _("and")
    if len(quoted) > most:
        quoted = [*quoted[:most], _("%(count)d more") % {"count": len(quoted) - most}]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} {last} {quoted[-1]}" if quoted else ""
