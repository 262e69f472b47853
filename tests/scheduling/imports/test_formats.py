import pytest

from scheduling.imports.engine.files import read_table
from scheduling.imports.formats import CSV, XLSX
from tests.scheduling.imports.engine.test_files import xlsx


class FormatTests:
    @pytest.mark.parametrize("format", [CSV(), XLSX()], ids=["csv", "xlsx"])
    @pytest.mark.parametrize("data", [b"code;name\nKIT;Kitchen\n", xlsx(["code", "name"], ["KIT", "Kitchen"])])
    def test_both_formats_read_either_kind_of_file(self, format: CSV | XLSX, data: bytes) -> None:
        table = read_table(format.create_dataset(data).data)
        assert table.headers == ["code", "name"]
        assert list(table) == [("KIT", "Kitchen")]

    def test_are_named_after_the_extension(self) -> None:
        assert [(format().get_title(), format().get_extension()) for format in (CSV, XLSX)] == [
            ("csv", "csv"),
            ("xlsx", "xlsx"),
        ]
