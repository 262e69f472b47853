"""What is wrong with a file or a row, and the sentences that say so."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from scheduling.imports.engine.texts import seen

# Nobody means a name by a text that is longer, and comparing it takes long.
MAX_MEANT = 200


class FileError(ValueError):
    """The file as a whole cannot be imported. The message is a sentence for the person who uploaded it."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, or odd, about a row."""

    row: int
    """As a spreadsheet counts: the header is row 1."""
    column: str
    """The header as the file spells it. Empty if the problem is not in a single column."""
    value: str
    reason: str

    @property
    def sentence(self) -> str:
        """The reason with the number of the row."""
        return _("Row %(row)d: %(reason)s") % {"row": self.row, "reason": self.reason}

    def as_error(self) -> ValidationError:
        return ValidationError(self.reason)


def nearest(value: str, known: Iterable[str]) -> str | None:
    """Return the known name that is spelled most like the value, ignoring case, or None if none is similar."""
    if len(value) > MAX_MEANT:
        return None
    spellings = {name.casefold(): name for name in known}
    # E-mail addresses of one company have their second half in common, so they must be more alike than names.
    cutoff = 0.8 if "@" in value else 0.6
    near = get_close_matches(value.casefold(), spellings, n=1, cutoff=cutoff)
    return spellings[near[0]] if near else None


def did_you_mean(value: str, known: Iterable[str]) -> str:
    """Return " Did you mean 'Night shift'?", or an empty text if no known name is similar."""
    near = nearest(value, known)
    return meant(near) if near is not None else ""


def meant(near: str) -> str:
    """Return " Did you mean 'Night shift'?"."""
    return " " + _("Did you mean '%(near)s'?") % {"near": near}


def shown(value: object, length: int = 60) -> str:
    """Return a cell as messages quote it: on one line, and at most `length` characters long."""
    text = " ".join(seen(value).split())
    return text if len(text) <= length else f"{text[: length - 1]}…"


def listed(names: Iterable[str], last: str = "", limit: int = 8) -> str:
    """Return quoted names as part of a sentence: 'a', 'b' and 'c'. `last` is the last conjunction, "and" by default."""
    quoted = [_("'%(name)s'") % {"name": name} for name in names]
    last = last or _("and")
    if len(quoted) > limit:
        quoted = [*quoted[:limit], _("%(count)d more") % {"count": len(quoted) - limit}]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} {last} {quoted[-1]}" if quoted else ""
