from scheduling.imports.engine.files import read_table
from scheduling.imports.engine.tables import CellsByColumn, Table


class TableTests:
    def test_is_a_dataset_that_is_kept_by_columns(self) -> None:
        table = read_table(b"a,b\n1,2\n1,3\n")

        assert table.columns == [["1", "1"], ["2", "3"]]
        assert table.columns[0][0] is table.columns[0][1]
        assert (len(table), table.width, table[1], table["b"]) == (2, 2, ("1", "3"), ["2", "3"])
        assert (table[0:2], table.dict[0]) == ([("1", "2"), ("1", "3")], {"a": "1", "b": "2"})

    def test_takes_another_column(self) -> None:
        table = read_table(b"a\n1\n2\n")
        table.append_col(["x", "y"], header="b")
        assert (table.headers, list(table)) == (["a", "b"], [("1", "x"), ("2", "y")])

    def test_takes_rows(self) -> None:
        table = Table(["1", "x"], ["2", "y"], headers=["a", "b"], numbers=[2, 3])
        assert (table.columns, list(table)) == ([["1", "2"], ["x", "y"]], [("1", "x"), ("2", "y")])


class CellsByColumnTests:
    def test_takes_a_thousand_rows_at_once_and_the_rest_when_it_is_complete(self) -> None:
        cells = CellsByColumn(2)
        for number in range(1500):
            cells.add(number, ["same", str(number)])
        assert (len(cells), len(cells.cells[0])) == (1500, 1000)

        cells.complete()
        assert list(cells.numbers) == list(range(1500))
        assert cells.cells == [["same"] * 1500, [str(number) for number in range(1500)]]
