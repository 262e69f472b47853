"""What to cache next: the shapes of the SELECT statements that asked the database, with their number and time.

A shape is the text of a statement without its values: parameters never come here, and literals, numbers and comments
are taken out of the text. Loads of the cache itself are left out, and so are the tables of the cache.

Every SELECT is timed, which adds about a microsecond to it. A process remembers at most MAX_SHAPES shapes: those that
took the least time make room. Two threads that add at once may lose one of the two, because there is no lock.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

MAX_SHAPES = 200
MAX_TEXTS = 1000
"""Texts of which the shape is known: one shape may have many, such as IN with one value and with two."""
MAX_CHARACTERS = 4000
REPEATED = 2

is_loading: ContextVar[bool] = ContextVar("caching_is_loading", default=False)
"""Whether the calling context loads a value for the cache, or shows what the cache does."""

_SELECT = re.compile(r"[\s(]*(?:SELECT|WITH)\b", re.I)
_OWN_TABLES = re.compile(r"""["`\s.]caching_(?:cachesample|pendinginvalidation)\b""")
_TOKEN = re.compile(r"""--[^\n]*|/\*.*?\*/|"[^"]*"|`[^`]*`|(?:\b[EBXN])?'[^']*'""", re.I | re.S)
"""A comment, a name or a literal. Where a quote stands twice in a literal, this finds two of them side by side."""
_ESCAPE = re.compile(r"\bESCAPE\s+'\\'", re.I)
_AMBIGUOUS = re.compile(r"\\|\$[A-Za-z_]*\$|#(?![>-])")
"""Where databases differ on where a literal or a comment ends."""
_UNPAIRED = re.compile(r"""['"`]|/\*|\*/""")
_NUMBER = re.compile(r"(?<![\w\"`])[-+]?\d[\w.]*")
_PARAMETER = re.compile(r"%\(\w+\)s|%s|\$\d+|\?")
_LIST = re.compile(r"\?(?:\s*,\s*\?)+")
_LISTS = re.compile(r"\(\?(?:, …)?\)(?:\s*,\s*\(\?(?:, …)?\))+")
HIDDEN = "SELECT … (a text that may hold values is not shown)"


@dataclass(slots=True)
class _Seen:
    count: int = 0
    nanoseconds: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Shape:
    """A shape of SELECT that was executed several times."""

    text: str
    count: int
    seconds: float


class RepeatedSelects:
    """The shapes that this process has seen."""

    def __init__(self) -> None:
        self._by_text: dict[str, _Seen] = {}
        self._shapes: dict[str, _Seen] = {}

    def note(self, text: str, nanoseconds: int, vendor: str = "") -> None:
        """Count a statement that writes nothing, and its time."""
        seen = self._by_text.get(text) or self._first(text, vendor)
        if seen is not None:
            seen.count += 1
            seen.nanoseconds += nanoseconds

    def _first(self, text: str, vendor: str) -> _Seen | None:
        """Return where a text is counted that is not known yet; None if it is of no interest."""
        if not _SELECT.match(text) or _OWN_TABLES.search(text):
            return None
        shape = shape_of(text, vendor)
        if shape not in self._shapes and len(self._shapes) >= MAX_SHAPES:
            self._make_room()
        seen = self._shapes.setdefault(shape, _Seen())
        if len(text) <= MAX_CHARACTERS:
            if len(self._by_text) >= MAX_TEXTS:
                self._by_text = {}
            self._by_text[text] = seen
        return seen

    def _make_room(self) -> None:
        """Forget the half of the shapes that took the least time."""
        by_time = sorted(self._shapes.copy().items(), key=lambda pair: pair[1].nanoseconds, reverse=True)
        self._shapes = dict(by_time[: MAX_SHAPES // 2])
        self._by_text = {}

    def forget(self) -> None:
        """Begin again, with nothing seen."""
        self._by_text, self._shapes = {}, {}

    def longest(self, most: int) -> dict[str, tuple[int, int]]:
        """Return the count and the nanoseconds of the repeated shapes that took most time."""
        repeated = [
            (shape, (seen.count, seen.nanoseconds))
            for shape, seen in self._shapes.copy().items()
            if seen.count >= REPEATED
        ]
        return dict(sorted(repeated, key=lambda pair: pair[1][1], reverse=True)[:most])


@contextmanager
def not_noted() -> Iterator[None]:
    """Inside the block, note nothing: for loads of the cache, and for a page about what was noted."""
    token = is_loading.set(True)
    try:
        yield
    finally:
        is_loading.reset(token)


def shape_of(text: str, vendor: str = "") -> str:
    """Return a text of SQL without values: each literal, number and parameter is "?", and several in a row are one."""
    whole = _ESCAPE.sub("ESCAPE ?", text[:MAX_CHARACTERS])
    if _AMBIGUOUS.search(whole) or _UNPAIRED.search(_TOKEN.sub(" ", whole)):
        return HIDDEN
    bare = _TOKEN.sub(lambda token: _without_value(token[0], vendor), whole)
    shape = _NUMBER.sub("?", _PARAMETER.sub("?", bare))
    shape = " ".join(_LISTS.sub("(?, …), …", _LIST.sub("?, …", shape)).split())
    # Where the text was cut, a placeholder may be.
    return shape if len(text) <= MAX_CHARACTERS else shape.rstrip("?%$, …") + " …"


def _without_value(token: str, vendor: str) -> str:
    if token.startswith(("--", "/*")):
        return " "
    # In MySQL these are literals.
    is_name = token[0] == "`" or (token[0] == '"' and vendor != "mysql")
    return token if is_name else "?"


def add_up(answers: Iterable[Mapping[str, Iterable[int]]], most: int) -> list[Shape]:
    """Return the shapes that took most time in several processes together, from what each calls ``longest``."""
    total: dict[str, list[int]] = {}
    for answer in answers:
        for shape, (count, nanoseconds) in answer.items():
            before = total.setdefault(shape, [0, 0])
            before[0] += count
            before[1] += nanoseconds
    shapes = [Shape(text=text, count=count, seconds=taken / 1e9) for text, (count, taken) in total.items()]
    return sorted(shapes, key=lambda shape: shape.seconds, reverse=True)[:most]


selects = RepeatedSelects()
os.register_at_fork(after_in_child=selects.forget)
