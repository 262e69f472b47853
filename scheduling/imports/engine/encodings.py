"""The bytes of a text file to its text. A guessed encoding is named, since a wrong guess spoils names in silence."""

import codecs
import re
from collections.abc import Iterator

from django.utils.translation import gettext as _

from scheduling.imports.engine.problems import FileError, listed, shown

# What the form offers, and the sentences name. The command takes any other encoding of a text, too.
COMMON_ENCODINGS = (
    *("utf-8", "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1257", "iso8859-1", "iso8859-2", "iso8859-15"),
    *("mac_roman", "mac_latin2", "cp437", "cp850", "cp852", "utf-16", "shift_jis", "gb18030"),
)
GUESS = "cp1252"
# The guess is shown beside these, by the words that they read differently.
_OTHERS = ("cp1250", "mac_roman", "cp850")
_MAX_WORDS = 3
_MAX_SAMPLE = 200_000

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_FOREIGN_WORD = re.compile(rb"[^\s,;|\"\x80-\xff]{0,20}[\x80-\xff][^\s,;|\"]{0,20}")
# Two bytes of UTF-8, or three of a dash or a quote, that were read as letters of Windows-1252. Some of these letters
# are quotes, which follow the others in sound texts.
_TWICE = re.compile("[\xc2\xc3][\xa0-\xbf\u0152-\u2122]|[\xc4\xc5][\xa1-\xbf]|\xe2\u20ac[\xa0-\xbf\u0152-\u2122]")
_WORD_BEFORE, _WORD_AFTER = re.compile(r"[^\s,;|\"]{0,20}\Z"), re.compile(r"[^\s,;|\"]{0,20}")
# These are no encodings of texts as files have them, although Python lists them as such.
_NOT_FOR_FILES = {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "utf-7", "mbcs", "oem"}


def decode(data: bytes, encoding: str = "") -> tuple[str, list[str]]:
    """Return the text of a file, and sentences about what was guessed.

    Without an encoding: UTF-8 or UTF-16, with or without a byte order mark, or else Windows-1252, which is a guess.
    """
    text, notes = _decode(data, encoding)
    return text, [*notes, *_encoded_twice(text)]


def _decode(data: bytes, encoding: str) -> tuple[str, list[str]]:
    mark = next((name for bom, name in _BOMS if data.startswith(bom)), "")
    if encoding:
        return _decode_as(data, mark if mark.startswith(_known(encoding)) else _known(encoding)), []
    if mark:
        return _decode_as(data, mark), []
    if wide := _utf_16_without_bom(data):
        return _decode_as(data, wide), [_("The file does not say its encoding. It was read as %s.") % wide.upper()]
    try:
        return data.decode("utf-8"), []
    except UnicodeDecodeError as error:
        if _is_damaged(data):
            raise _unreadable(data, error, "UTF-8") from error
    try:
        return data.decode(GUESS), [_guessed(data)]
    except UnicodeDecodeError as error:
        raise _unreadable(data, error, "UTF-8, Windows-1252 (cp1252)") from error


def encoding_of(data: bytes) -> str:
    """Return the encoding that the bytes of a file show, as `decode` sees it; where they show none, the guess."""
    mark = next((name for bom, name in _BOMS if data.startswith(bom)), "") or _utf_16_without_bom(data)
    if mark:
        return mark
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return GUESS
    return "utf-8"


def _known(encoding: str) -> str:
    """Return Python's name of an encoding. Raises FileError if there is no such encoding of texts."""
    try:
        codec = codecs.lookup(encoding.strip()[:40])
    except (LookupError, ValueError, UnicodeError):
        codec = None
    if codec is None or not getattr(codec, "_is_text_encoding", True) or codec.name in _NOT_FOR_FILES:
        words = {"encoding": shown(encoding, 40), "known": listed(COMMON_ENCODINGS, _("or"), limit=20)}
        raise FileError(_("There is no encoding '%(encoding)s'. Say %(known)s.") % words)
    return codec.name


def _decode_as(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise _unreadable(data, error, encoding) from error


def _utf_16_without_bom(data: bytes) -> str:
    """Return the UTF-16 encoding that the zero bytes point to: in mostly Latin text, every other byte is zero.

    The other encodings have no zero bytes, so the result is empty for them.
    """
    sample = data[:1000]
    if sample.count(0) * 3 < len(sample) or len(data) % 2:
        return ""
    return "utf-16-le" if sample[1::2].count(0) > sample[::2].count(0) else "utf-16-be"


def _is_damaged(data: bytes) -> bool:
    """Whether some of the letters are UTF-8. In other encodings, that is very rare."""
    text = data.decode("utf-8", errors="surrogateescape")
    return any(ord(letter) > 0x7F and not 0xDC80 <= ord(letter) <= 0xDCFF for letter in set(text))


def _unreadable(data: bytes, error: UnicodeDecodeError, encoding: str) -> FileError:
    words = {
        "row": _row_at(data, error.start),
        "byte": f"0x{data[error.start]:02x}" if data else "",
        "encoding": encoding,
    }
    if error.encoding.startswith("utf-8") and _is_damaged(data):
        text = _(
            "Row %(row)d is damaged: the file is in UTF-8, but the byte %(byte)s is not. Write that row again and save "
            "the file as CSV in UTF-8, or say the encoding of the file."
        )
    else:
        text = _(
            "Row %(row)d has the byte %(byte)s, so the text is not in %(encoding)s. Say the encoding of the file, or "
            "save it as CSV in UTF-8, or as XLSX."
        )
    return FileError(text % words)


def _row_at(data: bytes, place: int) -> int:
    """Return the number of the row, as a spreadsheet counts: line breaks inside quotes do not count."""
    before = b"".join(data[:place].split(b'"')[::2]).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return before.count(b"\n") + 1


def _guessed(data: bytes) -> str:
    """Return the sentence that names the guess, with words by which to see whether it is right."""
    found = dict.fromkeys(match[0] for match in _FOREIGN_WORD.finditer(data[:_MAX_SAMPLE]))
    samples = list(found)[:_MAX_WORDS]
    here = listed(_words(samples, GUESS))
    others = [
        _("as %(encoding)s they are %(words)s") % {"encoding": encoding, "words": listed(_words(samples, encoding))}
        for encoding in _OTHERS
    ]
    text = _(
        "The file is not in UTF-8. It was read as Windows-1252 (cp1252), which is a guess: some of its words are "
        "%(words)s; %(others)s. If they are wrong, say the encoding."
    )
    return text % {"words": here, "others": ", ".join(others)}


def _encoded_twice(text: str) -> Iterator[str]:
    """Tell about words such as JÃ¼rgen, which are UTF-8 that another program has taken for Windows-1252."""
    if text.isascii():
        return
    for match in _TWICE.finditer(text):
        before = _WORD_BEFORE.search(text[max(0, match.start() - 20) : match.start()])
        after = _WORD_AFTER.match(text, match.end())
        spoiled = (before[0] if before else "") + match[0] + (after[0] if after else "")
        try:
            meant = spoiled.encode(GUESS).decode("utf-8")
        except UnicodeError:
            continue
        yield _(
            "The file was perhaps saved in the wrong encoding before: '%(spoiled)s' looks like '%(meant)s'. If that is "
            "what is meant, save the file anew from where it comes from."
        ) % {"spoiled": shown(spoiled, 30), "meant": shown(meant, 30)}
        return


def _words(samples: list[bytes], encoding: str) -> list[str]:
    return [shown(sample.decode(encoding, errors="replace"), 30) for sample in samples]
