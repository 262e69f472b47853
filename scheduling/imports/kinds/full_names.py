"""A full name, alone or beside a first or a last name: "Amy Dyk", "van Dyk, Amy", or "van Dyk" beside "Amy".

German files have a column "Name" for the last name beside "Vorname". What two columns say has to fit together.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from scheduling.imports.engine.headers import Headers, normalise
from scheduling.imports.engine.problems import shown
from scheduling.imports.engine.spelling import folded

_GERMAN_FIRST_NAME = frozenset({"vorname", "vornamen"})


def split_name(name: str) -> tuple[str, str]:
    """Return first and last name of "van Dyk, Amy" or "Amy Dyk". Without a comma, the last word is the last name."""
    if "," in name:
        last, __, first = name.partition(",")
    else:
        first, __, last = name.strip().rpartition(" ")
    return first.strip(), last.strip()


def names_last(headers: Headers) -> bool:
    """Whether the column of full names in a file is that of last names, because it stands beside "Vorname"."""
    return normalise(headers.spelled.get("first_name", "")) in _GERMAN_FIRST_NAME


def parts_of(name: Any, first: Any, last: Any, *, is_last: bool) -> tuple[str, str] | None:
    """Return the first and the last name that three cells say together; None if they contradict each other.

    What is missing is an empty text. A cell that is no text is empty. `is_last` says that `name` is a last name even if
    it has several words.
    """
    name, first, last = (cell.strip() if isinstance(cell, str) else "" for cell in (name, first, last))
    given = first or last
    if not name or (first and last):
        return (first, last) if not name or _words(name) == _words(f"{first} {last}") else None
    if not given:
        return ("", name) if is_last else split_name(name)
    rest = _without(name, given)
    if rest is None and (is_last or len(name.split()) == 1):
        rest = name
    return None if not rest else (first, rest) if first else (rest, last)


def contradiction(name: Any, first: Any, last: Any) -> str:
    """Return the sentence about cells that contradict each other."""
    beside = " ".join(cell for cell in (first, last) if isinstance(cell, str) and cell)
    text = _(
        "The full name '%(name)s' does not fit '%(beside)s' in this row. Write a first and a last name, each in a "
        "column of its own."
    )
    return text % {"name": shown(name), "beside": shown(beside)}


def _words(name: str) -> list[str]:
    return sorted(folded(name.replace(",", " ")).split())


def _without(name: str, part: str) -> str | None:
    """Return a full name without the part with which it begins or ends; None if it does neither."""
    words, own = name.replace(",", " ").split(), folded(part).split()
    if [*map(folded, words[: len(own)])] == own:
        return " ".join(words[len(own) :])
    if [*map(folded, words[-len(own) :])] == own:
        return " ".join(words[: -len(own)])
    return None
