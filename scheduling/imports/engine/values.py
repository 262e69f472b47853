"""Parsers: from a cell, as people and spreadsheets write it, to a value.

A parser raises ValueError with a sentence that says what to write instead. It takes text as well as what a spreadsheet
stores (numbers, dates, times), and is never called for a blank cell. Each takes time linear in the length of the cell.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from scheduling.imports.engine.dates import DateOrder, date, date_in, date_order
from scheduling.imports.engine.error_values import refuse_error
from scheduling.imports.engine.problems import did_you_mean, listed
from scheduling.imports.engine.texts import code, email, is_blank, line, phone, text, written
from scheduling.imports.engine.times import time

__all__ = [
    "DateOrder",
    "Parser",
    "boolean",
    "choice",
    "code",
    "date",
    "date_in",
    "date_order",
    "decimal",
    "email",
    "integer",
    "is_blank",
    "joined",
    "line",
    "names",
    "phone",
    "split_names",
    "text",
    "time",
]

Parser = Callable[[Any], Any]

# No number of ours has more characters.
MAX_NUMBER_LENGTH = 40

_YES = {"yes", "y", "true", "t", "1", "on", "x", "ja", "j", "wahr", "active", "aktiv"}
_NO = {"no", "n", "false", "f", "0", "off", "nein", "falsch", "inactive", "inaktiv"}

_PLAIN = re.compile(r"[+-]?\d+(?:[.,]\d+)?", re.ASCII)
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:([.,' ])\d{3})(?:\1\d{3})*(?:([.,])\d+)?", re.ASCII)
_CURRENCY = re.compile(r"(?:[$€£]|EUR|USD|GBP|CHF)", re.IGNORECASE)


def boolean(cell: Any) -> bool:
    if isinstance(cell, bool):
        return cell
    word = written(cell).casefold()
    if word in _YES or word in _NO:
        return word in _YES
    raise ValueError(_("Write yes or no."))


def integer(cell: Any) -> int:
    number = decimal(cell)
    if number != number.to_integral_value():
        raise ValueError(_("Write a whole number."))
    return int(number)


def decimal(cell: Any) -> Decimal:
    """Return the number. A comma may be the decimal sign; a number that can be read in two ways is refused."""
    if isinstance(cell, (int, float, Decimal)) and not isinstance(cell, bool):
        # A spreadsheet shows 15 digits: what is 42.3 there may be stored as 42.300000000000004.
        number = Decimal(format(cell, ".15g")) if isinstance(cell, float) else Decimal(cell)
        if not number.is_finite() or abs(number.adjusted()) > MAX_NUMBER_LENGTH:
            raise ValueError(_("Write a number."))
        return number
    digits = written(cell)
    if len(digits) > MAX_NUMBER_LENGTH:
        raise ValueError(_("Write a number."))
    return _decimal_of(_without_currency(digits).replace("’", "'").replace("\u2212", "-"))


def _without_currency(digits: str) -> str:
    if match := _CURRENCY.match(digits):
        digits = digits[match.end() :]
    elif match := re.search(_CURRENCY.pattern + "$", digits, re.IGNORECASE):
        digits = digits[: match.start()]
    return digits.strip()


def _decimal_of(digits: str) -> Decimal:
    grouped = _GROUPED.fullmatch(digits)
    if grouped is not None and grouped[1] in (".", ",") and grouped[2] is None and digits.count(grouped[1]) == 1:
        whole, fraction = digits.split(grouped[1])
        if whole.lstrip("+-") != "0":
            raise ValueError(
                _("This can be read as %(fraction)s or as %(whole)s. Write %(whole)s or %(fraction)s0.")
                % {"fraction": f"{whole}.{fraction}", "whole": f"{whole}{fraction}"}
            )
        grouped = None
    if grouped is not None and grouped[1] != grouped[2]:
        digits = digits.replace(grouped[1], "")
    elif not _PLAIN.fullmatch(digits):
        raise ValueError(_("Write a number."))
    try:
        return Decimal(digits.replace(",", "."))
    except InvalidOperation:
        raise ValueError(_("Write a number.")) from None


def choice(labels: Mapping[str, Any]) -> Parser:
    """Return a parser that takes a stored value, or its label in any language of the project.

    Case and the kind of separator do not matter.
    """
    by_word = _by_word(labels)

    def parse_choice(cell: Any) -> str:
        said = text(cell)
        try:
            return by_word[_word(said)]
        except KeyError:
            allowed = listed((str(label) for label in labels.values()), _("or"))
            meant = did_you_mean(said, map(str, labels.values()))
            raise ValueError(_("Write %(allowed)s.") % {"allowed": allowed} + meant) from None

    return parse_choice


def _by_word(labels: Mapping[str, Any]) -> dict[str, str]:
    """Return the value by each word for it. A word that means different values in different languages means none."""
    found = {_word(value): value for value in labels} | {_word(str(label)): value for value, label in labels.items()}
    foreign: dict[str, set[str]] = {}
    for language, __ in settings.LANGUAGES:
        with translation.override(language):
            for value, label in labels.items():
                foreign.setdefault(_word(str(label)), set()).add(value)
    return {word: values.pop() for word, values in foreign.items() if len(values) == 1} | found


def _word(spelling: str) -> str:
    return re.sub(r"[\W_]+", " ", spelling.casefold()).strip()


# As in CSV, a name in quotes may contain separators, and quotes that are doubled.
_NAME = re.compile(r'\s*(?:"((?:[^"]|"")*)"\s*(?=[|;,\n]|\Z)|([^|;,\n]*))(?:[|;,\n]|\Z)')
_TO_BE_QUOTED = re.compile(r'[|;,\n]|\A"')


def names(cell: Any) -> tuple[str, ...]:
    """Return the names in a cell, each once, in alphabetical order."""
    return tuple(sorted(split_names(cell)))


def split_names(cell: Any) -> list[str]:
    """Return the names in a cell, each once. They are separated by | or ; or a comma; see `joined` for quoting."""
    found = (match[1].replace('""', '"') if match[1] is not None else match[2] for match in _NAME.finditer(text(cell)))
    each = list(dict.fromkeys(name.strip() for name in found if name.strip()))
    for name in each:
        refuse_error(name)
    return each


def joined(names: Iterable[str]) -> str:
    """Return the cell from which `split_names` reads these names: First aid|"Beer, wine"."""
    return "|".join(_quoted(name) if _TO_BE_QUOTED.search(name) else name for name in names)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
