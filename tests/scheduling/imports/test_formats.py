import pytest

from scheduling.imports.engine.files import read_table
from scheduling.imports.formats import AnyFormat
from tests.scheduling.imports.engine.test_files import xlsx


class AnyFormatTests:
    @pytest.mark.parametrize("data", [b"code;name\nKIT;Kitchen\n", xlsx(["code", "name"], ["KIT", "Kitchen"])])
    def test_reads_each_kind_of_file(self, data: bytes) -> None:
        table = read_table(AnyFormat().create_dataset(data).data)
        assert table.headers == ["code", "name"]
        assert list(table) == [("KIT", "Kitchen")]
