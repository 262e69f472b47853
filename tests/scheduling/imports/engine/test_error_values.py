import pytest

from scheduling.imports.engine import values
from scheduling.imports.engine.error_values import is_error, refuse_error


class ErrorTests:
    @pytest.mark.parametrize(
        "cell",
        [
            *(
                "#N/A",
                "#NV ",
                "#REF!",
                "#NOM?",
                "#VALEUR!",
                "#N/D",
                "#N/D!",
                "#DZIEL/0!",
                "#ADR!",
                "#NAAM?",
                "#VALORE!",
            ),
            *("#\u00a1REF!", "#\u00bfNOMBRE?", "#\u00a1VALOR!", "#N\u00daM!", "#ERROR!", "#GETTING_DATA"),
            *("Err:502", "Err:509", "Err:520", "Err :508", "Fehler:502", "###", "########"),
        ],
    )
    def test_of_any_language_are_no_values(self, cell: str) -> None:
        assert is_error(cell)
        with pytest.raises(ValueError, match="could not compute"):
            refuse_error(cell)

    @pytest.mark.parametrize(
        "cell", ["#1", "", None, "N/A", "# N/A", "#URGENT!", "##", "### Bar", "Err: 9", "Error", "Early", 502, "E"]
    )
    def test_anything_else_is_a_value(self, cell: object) -> None:
        assert not is_error(cell)
        refuse_error(cell)

    @pytest.mark.parametrize("cell", ["First aid, #N/A", "#NOM?|First aid", "Bar; Err:502"])
    def test_are_no_names_in_a_list(self, cell: str) -> None:
        with pytest.raises(ValueError, match="could not compute"):
            values.names(cell)
