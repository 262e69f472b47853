"""Any bytes are a table or a sentence, and nothing is stored that is not in the file.

FUZZ_EXAMPLES says how many files are tried; `make fuzz` tries many.
"""

import csv
import io
import os
import zipfile
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduling.imports.engine.files import ReadOptions, Upload, read_table
from scheduling.imports.engine.problems import FileError
from scheduling.imports.engine.texts import is_blank, written
from scheduling.imports.kinds import KINDS
from scheduling.models import ShiftType
from tests.scheduling.imports.engine.hostile import cell, ods_of, xlsx_of

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "100"))
KNOWN = KINDS["shift_types"].kind.known_headers
ALPHABET = st.characters(exclude_categories=["Cs"]) | st.sampled_from("\",;\t|\r\n'#=@\u200b\xa0\u0308")
TEXTS = st.text(ALPHABET, max_size=12) | st.sampled_from(["yes", "1E+20", "#N/A", "24:00", "00102", "2026-12-01"])

HEADER = f"<row>{cell('A1', 'name')}{cell('B1', 'code')}</row>"
ROWS = "<row><c t='s'><v>0</v></c><c><v>102</v></c></row><row r='9'><c t='e'><v>#N/A</v></c></row>"
ODS_CELL = "<table:table-cell office:value-type='string'><text:p>name</text:p></table:table-cell>"
SEEDS = (
    b'name,code,active\nEarly,E1,yes\n"Late, ""long""",00102,no\n',
    "name;code\r\nFrüh;F\r\nSpät;S\r\n".encode("cp1252"),
    "name\tcode\nEarly\tE1\n".encode("utf-16"),
    xlsx_of(HEADER + ROWS, "<si><t>A</t></si>"),
    ods_of(f"<table:table-row>{ODS_CELL}</table:table-row>" * 2),
)

fuzzed = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """Return one of the seeds with some of its bytes changed, cut out or repeated."""
    return _mutate(draw, draw(st.sampled_from(SEEDS)))


@st.composite
def mutated_parts(draw: st.DrawFn) -> bytes:
    """Return a spreadsheet whose archive is sound and one of whose parts is not."""
    with zipfile.ZipFile(io.BytesIO(draw(st.sampled_from(SEEDS[3:])))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = draw(st.sampled_from(sorted(parts)))
    parts[name] = _mutate(draw, parts[name])
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for part, content in parts.items():
            archive.writestr(part, content)
    return stream.getvalue()


def _mutate(draw: st.DrawFn, data: bytes) -> bytes:
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        end = at + draw(st.integers(0, 8))
        new = draw(
            st.binary(max_size=6) | st.sampled_from([b"", b'"', b"\n", b"1048576", b"XFD", b"-1", data[at:end] * 3])
        )
        data = data[:at] + new + data[end:]
    return data


class ReadingTests:
    @fuzzed
    @given(st.binary(max_size=300) | mutated() | mutated_parts())
    def test_any_bytes_are_a_table_or_a_sentence(self, data: bytes) -> None:
        for known in (None, KNOWN):
            with suppress(FileError):
                table = read_table(data, known)
                assert len(table) == len(table.row_numbers)

    @fuzzed
    @given(st.binary(max_size=100), st.sampled_from(["utf-8", "utf-16", "cp1250", "shift_jis", "gb18030", "klingon"]))
    def test_any_bytes_in_any_encoding(self, data: bytes, encoding: str) -> None:
        with suppress(FileError):
            read_table(data, None, ReadOptions(encoding=encoding))


@pytest.mark.django_db
class StoringTests:
    @fuzzed
    @given(st.lists(st.tuples(TEXTS, TEXTS), max_size=4))
    def test_what_is_stored_is_in_the_csv_file(self, rows: list[tuple[str, str]]) -> None:
        stream = io.StringIO(newline="")
        csv.writer(stream).writerows([("name", "code"), *rows])
        assert _stored(stream.getvalue().encode()) <= {written(text) for row in rows for text in row} | {""}

    @fuzzed
    @given(mutated() | mutated_parts())
    def test_what_is_stored_is_in_the_mutated_file(self, data: bytes) -> None:
        stored = _stored(data)
        try:
            table = read_table(data, KNOWN)
        except FileError:
            assert not stored
        else:
            assert stored <= {written(value) for value in _cells(table) if not is_blank(value)} | {""}


def _stored(data: bytes) -> set[str]:
    """Import a file of shift types, and return the names and codes that are there afterwards."""
    with transaction.atomic():
        result = KINDS["shift_types"]().import_data(Upload(data))
        found = {text for pair in ShiftType.objects.values_list("name", "code") for text in pair}
        assert result.saved or not found
        assert result.saved or result.sentences or result.problems
        transaction.set_rollback(True)
    return found


def _cells(rows: Iterable[Iterable[Any]]) -> list[Any]:
    return [value for row in rows for value in row]
