"""Which column of a file is which of ours, whatever words people use for its header, and which row has the headers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scheduling.imports.engine.problems import FileError, did_you_mean, listed, nearest, shown
from scheduling.imports.engine.texts import is_blank

_DROPPED = str.maketrans("", "", "\ufeff\u200b\u2060\xad*#")
_SEPARATORS = re.compile(r"[\W_]+")
MAX_HEADER_LENGTH = 200
# Reports have a title, a period, a company, pages of notes and the like above their header.
MAX_ROWS_ABOVE = 200
# A row that only may be the header is not looked for below the notes of a page: there are rows of the table.
_MAX_ROWS_ABOVE_A_GUESS = 30

Aliases = Mapping[str, Iterable[str]]


def normalise(header: object) -> str:
    """Return a header as the lists of aliases spell it: "e_mail" for " E-Mail *". Empty for a blank header."""
    # \W covers the no-break space and all other white space; letters of any alphabet are kept.
    spelled = "" if header is None else str(header)[:MAX_HEADER_LENGTH]
    if not spelled.isascii():
        spelled = unicodedata.normalize("NFKC", spelled)
    return _SEPARATORS.sub("_", spelled.translate(_DROPPED).casefold()).strip("_")


@dataclass(frozen=True)
class KnownHeaders:
    """The headers of one kind of file, by which its table is found below titles and among other sheets."""

    names: Mapping[str, str]
    """Our column, by each of its names as `normalise` spells them."""
    required: frozenset[str]
    words: Aliases = field(default_factory=dict)
    """The names of our columns in other languages, which count where no other one does."""

    def column(self, header: object) -> str:
        """Return which of our columns a header names, or an empty text."""
        name = normalise(header)
        return self.names.get(name) or (self._columns_of_words.get(name, "") if name else "")

    @cached_property
    def _columns_of_words(self) -> dict[str, str]:
        return {word: column for column, words in self.words.items() for word in words}

    def columns(self, row: Sequence[Any]) -> set[str]:
        """Return which of our columns the cells of a row name."""
        return {*map(self.column, row)} - {""}

    def and_chosen(self, chosen: Mapping[str, str]) -> KnownHeaders:
        """Return these headers and those that the user has chosen for a column."""
        names = {normalise(header): column for header, column in chosen.items() if column}
        return replace(self, names={**self.names, **names}) if names else self

    def is_header(self, row: Sequence[Any]) -> bool:
        """Whether a row is certainly the header: it names all columns that every file must have, and not one alone."""
        named = self.columns(row)
        filled = sum(not is_blank(cell) for cell in row)
        return bool(named) and self.required <= named and (len(named) > 1 or filled == 1)

    def has_header(self, rows: Iterable[Sequence[Any]]) -> bool:
        """Whether one of the first rows names what every file of the kind must have."""
        return any(map(self.is_header, rows))

    def place_of_header(self, rows: Sequence[Sequence[Any]]) -> int:
        """Return which of the first rows is the header. Where none is for certain, it is the one with most names."""
        certain = next((place for place, row in enumerate(rows[:MAX_ROWS_ABOVE]) if self.is_header(row)), None)
        if certain is not None:
            return certain
        counts = [len(self.columns(row)) for row in rows[:_MAX_ROWS_ABOVE_A_GUESS]]
        return counts.index(max(counts)) if max(counts, default=0) > 1 else 0


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
    unneeded: Mapping[int, str] = field(default_factory=dict)
    """Our column, by the position of each column that has another name for one that the file has already."""
    not_read: Mapping[int, str] = field(default_factory=dict)
    """The headers that are unknown or unneeded, by position."""
    left_out: tuple[str, ...] = ()
    """Headers of columns that the user has chosen to leave out."""


def map_headers(
    headers: Sequence[object],
    aliases: Aliases,
    kind: str,
    words: Aliases | None = None,
    chosen: Mapping[str, str] | None = None,
) -> Headers:
    """Map a file's headers to our columns; raise FileError if two of them mean the same column.

    `aliases` has the other names of each of our columns. Our own name wins over an alias, and an alias over one of the
    `words`, which are names in other languages. What the user has `chosen`, our column by header, wins over all; a
    header chosen for no column is left out.
    """
    texts = ["" if header is None else shown(header, MAX_HEADER_LENGTH) for header in headers]
    names = [normalise(header) for header in headers]
    columns = _chosen_columns(names, texts, aliases, chosen or {})
    unread = {normalise(header) for header, column in (chosen or {}).items() if not column} - {""}
    left_out = {place for place, name in enumerate(names) if name in unread and place not in columns.values()}
    # What would have been read without the choice is no other spelling of it.
    names = ["" if place in left_out or place in columns.values() else name for place, name in enumerate(names)]
    others_of = {column: others for column, others in aliases.items() if column not in columns}
    unneeded: dict[int, str] = {}

    def claim(tier: Iterable[tuple[str, Iterable[str]]], taken: Container[int] = ()) -> None:
        for column, others in tier:
            claims = [place for place, name in enumerate(names) if name in others and place not in taken]
            if column in columns:
                unneeded.update((place, column) for place in claims if place != columns[column])
            elif len(claims) > 1:
                both = listed(texts[place] for place in claims)
                raise FileError(
                    _("The columns %(both)s both mean '%(column)s' in a file of %(kind)s. Keep one of them.")
                    % {"both": both, "column": column, "kind": kind}
                )
            elif claims:
                columns[column] = claims[0]

    claim((column, (column,)) for column in others_of)
    claim(others_of.items())
    # Words are for what is left, and are not even gathered for nothing.
    if words is not None and {place for place, name in enumerate(names) if name} - {*columns.values(), *unneeded}:
        for column in others_of:
            claim([(column, words.get(column, ()))], taken={*columns.values(), *unneeded})
    known = {*columns.values(), *left_out}
    unneeded = {position: column for position, column in unneeded.items() if position not in known}
    return Headers(
        columns=columns,
        spelled={column: texts[columns[column]] if column in columns else column for column in aliases},
        unknown=tuple(
            text for position, text in enumerate(texts) if position not in known and position not in unneeded and text
        ),
        missing=tuple(column for column in aliases if column not in columns),
        unneeded=unneeded,
        not_read={place: text for place, text in enumerate(texts) if place not in known and text},
        left_out=tuple(texts[place] for place in sorted(left_out)),
    )


def _chosen_columns(
    names: Sequence[str], texts: Sequence[str], aliases: Aliases, chosen: Mapping[str, str]
) -> dict[str, int]:
    """Return the position of each column that the user has chosen. Raises FileError for what is not there."""
    columns: dict[str, int] = {}
    for header, column in chosen.items():
        if column and column not in aliases:
            words = {"column": shown(column), "columns": listed(aliases, _("or"), limit=len(list(aliases)))}
            raise FileError(
                _("There is no column '%(column)s'. Choose %(columns)s.") % words + did_you_mean(column, aliases)
            )
        places = [place for place, name in enumerate(names) if name and name == normalise(header)]
        if not places:
            words = {"header": shown(header), "columns": listed(filter(None, texts))}
            raise FileError(_("The file has no column '%(header)s'. It has %(columns)s.") % words)
        if not column:
            continue
        if column in columns:
            text = _("Two columns of the file are to be read as '%(column)s'. Choose one of them.")
            raise FileError(text % {"column": column})
        columns[column] = places[0]
    return columns


def require(headers: Headers, required: Iterable[str], aliases: Aliases, kind: str) -> None:
    """Raise FileError, in one sentence, if the file lacks a column that every row needs."""
    missing = [column for column in required if column not in headers.columns]
    if not missing:
        return
    if not headers.columns:
        words = {"kind": kind, "columns": ", ".join(map(shown, headers.unknown[:8])), "needed": listed(missing)}
        text = _(
            "This does not look like a file of %(kind)s: none of its columns (%(columns)s) is known. "
            "Needed: %(needed)s."
        )
        raise FileError(text % words)
    sentences = [_missing(column, headers, aliases) for column in missing]
    raise FileError(" ".join(sentences))


def refuse_columns(
    forbidden: Container[str],
    headers: Sequence[object],
    aliases: Aliases,
    kind: str,
    words: Aliases | None = None,
    chosen: Mapping[str, str] | None = None,
) -> None:
    """Raise FileError if the file has columns that the person who imports it may not change."""
    found = map_headers(headers, aliases, kind, words, chosen)
    if columns := [found.spelled[column] for column in found.columns if column in forbidden]:
        text = ngettext(
            "You may not change the column %(columns)s. Remove it from the file, or ask someone who may to import it.",
            "You may not change the columns %(columns)s. Remove them from the file, or ask someone who may to import "
            "it.",
            len(columns),
        )
        raise FileError(text % {"columns": listed(columns)})


def _missing(column: str, headers: Headers, aliases: Aliases) -> str:
    also = list(aliases[column])[:4]
    if also:
        text = _("The column '%(column)s' (also called %(also)s) is missing.")
    else:
        text = _("The column '%(column)s' is missing.")
    by_name = {normalise(header): header for header in headers.unknown}
    near = nearest(column, by_name)
    meant = " " + _("Rename '%(near)s' if that is it.") % {"near": shown(by_name[near])} if near else ""
    return text % {"column": column, "also": listed(also, _("or"))} + meant
