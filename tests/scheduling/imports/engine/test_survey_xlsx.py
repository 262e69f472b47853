import io
import zipfile

from scheduling.imports.engine.survey import Survey
from scheduling.imports.engine.survey_xlsx import XlsxSurvey
from tests.scheduling.imports.engine.hostile import xlsx_of

STYLES = (
    "<s:styleSheet xmlns:s='http://schemas.openxmlformats.org/spreadsheetml/2006/main'>"
    "<s:numFmts><s:numFmt numFmtId='164' formatCode='00000'/></s:numFmts>"
    "<s:cellStyleXfs><s:xf numFmtId='164'/></s:cellStyleXfs>"
    "<s:cellXfs><s:xf numFmtId='0'/><s:xf numFmtId='164'/></s:cellXfs></s:styleSheet>"
)


def survey_of(data: bytes) -> XlsxSurvey:
    return XlsxSurvey(Survey(zipfile.ZipFile(io.BytesIO(data))))


class SheetTests:
    def test_notes_what_is_not_what_its_value_says(self) -> None:
        rows = (
            "<row r='2'><c r='B2' t='e'><v>#N/A</v></c><c><f>1+1</f></c><c t='str'><f>\"\"</f><v></v></c></row>"
            "<row hidden='1'><c s='1'><v>102</v></c><c s='0'><v>102</v></c><c r='XFD3' s='1'/></row>"
        )
        found = survey_of(xlsx_of(rows, **{"xl/styles.xml": STYLES})).sheet("S")
        assert found.errors == {(1, 1): "#N/A"}
        assert found.uncomputed == {(1, 2)}
        assert found.padded == {(2, 0): "00000"}
        assert (found.rows, found.columns, found.cells, found.hidden_rows) == (3, 3, 4, 1)

    def test_notes_the_hidden_columns_of_the_table(self) -> None:
        sheet = "<row><c r='D1'><v>1</v></c></row>"
        columns = (
            "<cols><col min='2' max='2' hidden='1'/><col min='3' max='3'/><col min='4' max='16384' hidden='1'/></cols>"
        )
        data = xlsx_of(f"</sheetData>{columns}<sheetData>{sheet}")
        assert survey_of(data).sheet("S").hidden_columns == [1, 3]

    def test_adds_up_the_shared_texts_that_cells_refer_to(self) -> None:
        survey = survey_of(xlsx_of("<row><c t='s'><v>1</v></c><c t='s'><v>1</v></c></row>", "<si/><si><t>abc</t></si>"))
        assert survey.lengths == [0, 3]
        survey.sheet("S")
        assert survey.survey.characters == 6

    def test_a_sheet_without_values_has_no_cells(self) -> None:
        assert not survey_of(xlsx_of("<row><c s='1'/></row>")).has_cells("S")
        assert survey_of(xlsx_of("<row><c s='1'/><c><v>1</v></c></row>")).has_cells("S")
