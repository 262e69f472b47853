"""Formula injection: a spreadsheet computes a cell of a CSV file that begins with = + - or @, whoever wrote it.

Every such beginning gets an apostrophe. Reading removes exactly one, so that every text comes back as it was.
https://owasp.org/www-community/attacks/CSV_Injection
"""

import re

# A spreadsheet of another locale does not know our separator, and therefore not our quotes: it also begins a cell after
# a semicolon, a tab or a line break inside one of ours. The wide signs are those of East Asian keyboards.
_BEGINNING = r"(?:^|(?<=[;\t\r\n]))"
_SIGN, _BLANK = r"(?='* *[=+\-@＝＋－＠])", r"(?='*[\t\r\n])"
# Other programs write '00102 so that a spreadsheet keeps the zeros. Such a text of ours gets another apostrophe.
_NUMBER = r"(?='*\d[\d ./()-]+\Z)"
_DANGEROUS = re.compile(rf"{_BEGINNING}{_SIGN}|^{_BLANK}")
_TO_ESCAPE = re.compile(rf"{_DANGEROUS.pattern}|^(?='){_NUMBER}", re.ASCII)
_ESCAPED = re.compile(rf"{_BEGINNING}'{_SIGN}|^'{_BLANK}|^'{_NUMBER}", re.ASCII)


def is_formula(text: str) -> bool:
    """Whether a spreadsheet might compute the text."""
    return _DANGEROUS.search(text) is not None


def escape(text: str) -> str:
    """Return the text with an apostrophe before each beginning that a spreadsheet might compute, or take for marked."""
    return _TO_ESCAPE.sub("'", text)


def unescape(text: str) -> str:
    """Return the text that was passed to `escape`, or the number that another program has marked as a text."""
    return _ESCAPED.sub("", text)
