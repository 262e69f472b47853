"""Which column of a file is which of ours, whatever words people use for its header."""

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scheduling.imports.engine.problems import FileError, listed, nearest

_DROPPED = str.maketrans("", "", "\ufeff*#")
_SEPARATORS = re.compile(r"[\W_]+")


def normalise(header: object) -> str:
    """Return a header as the lists of aliases spell it: "e_mail" for " E-Mail *". Empty for a blank header."""
    # \W covers the no-break space and all other white space; letters of any alphabet are kept.
    return _SEPARATORS.sub("_", str(header or "").translate(_DROPPED).casefold()).strip("_")


@dataclass(frozen=True)
class Headers:
    """How the columns of a file map to ours."""

    columns: Mapping[str, int]
    """The position in the file, by our name of the column."""
    spelled: Mapping[str, str]
    """The header in the file, by our name of the column; for columns that the file lacks, our name itself."""
    unknown: tuple[str, ...]
    """Headers that we do not know. Their columns are ignored, and the result says so."""
    missing: tuple[str, ...]
    """Our columns that the file lacks. The stored values of these stay as they are."""


def map_headers(headers: Sequence[object], aliases: Mapping[str, Iterable[str]], kind: str) -> Headers:
    """Map a file's headers to our columns; raise FileError if two of them mean the same column.

    `aliases` has the other names of each of our columns. Our own name wins over an alias.
    """
    texts = [" ".join(str(header or "").split()) for header in headers]
    names = [normalise(header) for header in headers]
    columns: dict[str, int] = {}
    for column, others in aliases.items():
        claims = [position for position, name in enumerate(names) if name == column]
        claims = claims or [position for position, name in enumerate(names) if name in others]
        if len(claims) > 1:
            both = listed(texts[position] for position in claims)
            raise FileError(
                _("The columns %(both)s both mean '%(column)s' in a file of %(kind)s. Keep one of them.")
                % {"both": both, "column": column, "kind": kind}
            )
        if claims:
            columns[column] = claims[0]
    known = set(columns.values())
    return Headers(
        columns=columns,
        spelled={column: texts[columns[column]] if column in columns else column for column in aliases},
        unknown=tuple(text for position, text in enumerate(texts) if position not in known and text),
        missing=tuple(column for column in aliases if column not in columns),
    )


def require(headers: Headers, required: Iterable[str], aliases: Mapping[str, Iterable[str]], kind: str) -> None:
    """Raise FileError, in one sentence, if the file lacks a column that every row needs."""
    missing = [column for column in required if column not in headers.columns]
    if not missing:
        return
    if not headers.columns:
        words = {"kind": kind, "columns": ", ".join(headers.unknown[:8]), "needed": listed(missing)}
        text = _(
            "This does not look like a file of %(kind)s: none of its columns (%(columns)s) is known. "
            "Needed: %(needed)s."
        )
        raise FileError(text % words)
    sentences = [_missing(column, headers, aliases) for column in missing]
    raise FileError(" ".join(sentences))


def refuse_columns(
    forbidden: Container[str], headers: Sequence[object], aliases: Mapping[str, Iterable[str]], kind: str
) -> None:
    """Raise FileError if the file has columns that the person who imports it may not change."""
    found = map_headers(headers, aliases, kind)
    if columns := [found.spelled[column] for column in found.columns if column in forbidden]:
        text = ngettext(
            "You may not change the column %(columns)s. Remove it from the file, or ask someone who may to import it.",
            "You may not change the columns %(columns)s. Remove them from the file, or ask someone who may to import "
            "it.",
            len(columns),
        )
        raise FileError(text % {"columns": listed(columns)})


def _missing(column: str, headers: Headers, aliases: Mapping[str, Iterable[str]]) -> str:
    also = list(aliases[column])[:4]
    if also:
        text = _("The column '%(column)s' (also called %(also)s) is missing.")
    else:
        text = _("The column '%(column)s' is missing.")
    by_name = {normalise(header): header for header in headers.unknown}
    near = nearest(column, by_name)
    meant = " " + _("Rename '%(near)s' if that is it.") % {"near": by_name[near]} if near else ""
    return text % {"column": column, "also": listed(also, _("or"))} + meant
