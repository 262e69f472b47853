"""The columns of a file as a person sees them: the header, some values, and what they are read as."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from scheduling.imports.engine.doubtful_headers import decided
from scheduling.imports.engine.headers import MAX_HEADER_LENGTH, map_headers, normalise
from scheduling.imports.engine.problems import FileError, shown
from scheduling.imports.engine.texts import is_blank

if TYPE_CHECKING:
    import tablib

    from scheduling.imports.engine.import_kind import ImportKind

MAX_SAMPLES = 3
MAX_SAMPLE_LENGTH = 40
# Enough to find three different values in most columns.
MAX_SAMPLED_ROWS = 500


@dataclass(frozen=True, kw_only=True)
class FileColumn:
    """One column of a file."""

    header: str
    samples: tuple[str, ...]
    """The first different values."""
    guess: str
    """Our column, as the header says. Empty for a column that is left out."""
    column: str
    """Our column, as it is read."""


def columns_of(dataset: tablib.Dataset, kind: ImportKind, chosen: Mapping[str, str] | None = None) -> list[FileColumn]:
    """Return the columns with a header, each header once. Files that cannot be imported have columns too."""
    headers = dataset.headers or ()
    guesses = _guesses(dataset, kind)
    said = {normalise(header): column for header, column in (chosen or {}).items()}
    rows = list(islice(dataset, MAX_SAMPLED_ROWS))
    found: dict[str, FileColumn] = {}
    for place, header in enumerate(headers):
        name = normalise(header)
        if is_blank(header) or name in found:
            continue
        guess = guesses[place]
        found[name] = FileColumn(
            header=shown(header, MAX_HEADER_LENGTH),
            samples=_samples(row[place] for row in rows),
            guess=guess,
            column=said.get(name, "" if guess in said.values() else guess),
        )
    return list(found.values())


def form_of(headers: Iterable[object]) -> str:
    """Return what all files with the same set of headers have in common, in any order and spelling of them."""
    names = sorted({normalise(header) for header in headers} - {""})
    return hashlib.sha256("\n".join(names).encode()).hexdigest() if names else ""


def _guesses(dataset: tablib.Dataset, kind: ImportKind) -> list[str]:
    """Return our column for each header, or an empty text."""
    headers = dataset.headers or ()
    try:
        meant = decided(dataset, kind, None)
        columns = map_headers(headers, kind.aliases, str(kind.label), kind.words, meant).columns
    except FileError:
        # Two headers of one meaning: the user decides between them.
        return [*map(kind.known_headers.column, headers)]
    by_place = {place: column for column, place in columns.items()}
    return [by_place.get(place, "") for place in range(len(headers))]


def _samples(cells: Iterable[Any]) -> tuple[str, ...]:
    texts = dict.fromkeys(shown(cell, MAX_SAMPLE_LENGTH) for cell in cells if not is_blank(cell))
    return tuple(islice(texts, MAX_SAMPLES))
