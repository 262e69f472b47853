import io
import subprocess
import sys
import zipfile

import pytest

from scheduling.imports.engine import survey
from scheduling.imports.engine.files import read_table
from scheduling.imports.engine.problems import FileError
from tests.scheduling.imports.engine import hostile


class LimitTests:
    @pytest.mark.parametrize(
        ("name", "reason"),
        [
            ("far_apart", "its cells reach as far as XFD1048576"),
            ("far_apart_ods", "its cells reach as far as WQK1048002"),
            ("one_text_for_all", "its texts have more than 20,000,000 characters"),
            ("long_text", "a cell has more than 32,767 characters"),
            ("unpacks", "it unpacks to more than 100 MB"),
            ("many_entries", "it has 5,006 parts"),
            ("entities", "cannot be read: DOCTYPE"),
            ("repeated_rows", "it has more than 500,000 cells"),
        ],
    )
    def test_what_would_be_too_large_is_refused_before_it_is_built(self, name: str, reason: str) -> None:
        with pytest.raises(FileError, match=reason):
            read_table(hostile.FILES[name]())

    def test_many_cells(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(survey, "MAX_CELLS", 50)
        with pytest.raises(FileError, match="it has more than 50 cells with a value"):
            read_table(hostile.xlsx_of("<row>" + "<c><v>1</v></c>" * 51 + "</row>"))
        with pytest.raises(FileError, match="it has more than 50 texts"):
            read_table(hostile.xlsx_of("", "<si><t/></si>" * 51))

    def test_a_part_that_is_larger_than_it_says_is_damaged(self) -> None:
        data = hostile.xlsx_of(f"<row>{hostile.cell('A1', 'x' * 1000)}</row>")
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            size = archive.getinfo("xl/worksheets/sheet1.xml").file_size
        # The size stands in the list at the end of the file and before the part itself.
        with pytest.raises(FileError, match="cannot be read"):
            read_table(data.replace(size.to_bytes(4, "little"), (10).to_bytes(4, "little")))

    @pytest.mark.parametrize("part", ["xl/workbook.bin", "content.xml"])
    def test_a_file_of_two_formats_is_refused(self, part: str) -> None:
        with pytest.raises(FileError, match="not a spreadsheet that can be read"):
            read_table(hostile.xlsx_of("", **{part: "<x/>"}))

    def test_a_part_that_is_there_twice(self) -> None:
        with pytest.raises(FileError, match="it has a part twice"):
            read_table(hostile.xlsx_of("", **{"XL/workbook.xml": "<x/>"}))


class AddressSpaceTests:
    @pytest.mark.parametrize("name", ["far_apart", "one_text_for_all", "repeated_rows", "large"])
    def test_512_mb_are_enough(self, name: str) -> None:
        command = [sys.executable, "-m", hostile.__name__]
        done = subprocess.run(command, input=hostile.FILES[name](), capture_output=True, timeout=120)
        said = done.stdout.decode()
        assert (done.returncode, done.stderr) == (0, b"")
        assert said == "3999 rows\n" if name == "large" else said.startswith("FileError: The spreadsheet is too large")


class PlaceTests:
    def test_reads_references(self) -> None:
        assert [survey.place_of(name) for name in ("A1", "b12", "XFD1048576", "", "1A", "AAAA1")] == [
            *((0, 0), (11, 1), (1_048_575, 16_383), None, None, None)
        ]

    @pytest.mark.parametrize("code", ["00000", '"+"0', "000-00", "(0)", "\\P0"])
    def test_formats_that_pad(self, code: str) -> None:
        assert survey.is_padded(code)

    @pytest.mark.parametrize("code", ["0", "0.00", "#,##0", "General", "@", "#,##0.00 €", "0.000", ""])
    def test_formats_that_do_not(self, code: str) -> None:
        assert not survey.is_padded(code)
