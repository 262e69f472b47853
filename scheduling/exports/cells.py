"""Formulas: a spreadsheet computes a cell of a CSV file that begins with = + - or @, whoever has written it there.

Every such beginning gets an apostrophe, and reading takes exactly one away, so that any text comes back as it was.
https://owasp.org/www-community/attacks/CSV_Injection
"""

import re

# A spreadsheet of another locale also begins a cell after a semicolon, a tab or a line break inside of ours: it knows
# neither our separator nor, therefore, our quotes. The wide signs are those of East Asian keyboards.
_BEGINNING = r"(?:^|(?<=[;\t\r\n]))"
_SIGN, _BLANK = r"(?='* *[=+\-@＝＋－＠])", r"(?='*[\t\r\n])"
_DANGEROUS = re.compile(rf"{_BEGINNING}{_SIGN}|^{_BLANK}")
_ESCAPED = re.compile(rf"{_BEGINNING}'{_SIGN}|^'{_BLANK}")


def is_formula(text: str) -> bool:
    """Say whether a spreadsheet might compute it."""
    return _DANGEROUS.search(text) is not None


def escape(text: str) -> str:
    """Return the text with an apostrophe before each beginning that a spreadsheet might compute."""
    return _DANGEROUS.sub("'", text)


def unescape(text: str) -> str:
    """Return what was given to `escape`."""
    return _ESCAPED.sub("", text)
