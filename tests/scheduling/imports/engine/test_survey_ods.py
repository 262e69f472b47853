import io
import zipfile

from scheduling.imports.engine.survey import Survey
from scheduling.imports.engine.survey_ods import OdsSurvey
from tests.scheduling.imports.engine.hostile import ods_of


def test_counts_what_is_repeated_and_notes_errors() -> None:
    rows = (
        "<table:table-row table:number-rows-repeated='2'>"
        "<table:table-cell table:number-columns-repeated='3'/>"
        "<table:table-cell office:value-type='string' table:number-columns-repeated='2'>"
        "<text:p>ab</text:p></table:table-cell>"
        "</table:table-row>"
        "<table:table-row><table:table-cell xmlns:calcext='c' office:value-type='string' calcext:value-type='error'>"
        "<text:p>#N/A</text:p></table:table-cell></table:table-row>"
        "<table:table-row table:number-rows-repeated='1048000'><table:table-cell table:number-columns-repeated='1024'/>"
        "</table:table-row>"
    )
    survey = Survey(zipfile.ZipFile(io.BytesIO(ods_of(rows))))
    found = OdsSurvey(survey).sheet("S")
    assert (found.rows, found.columns, found.cells) == (3, 5, 5)
    assert found.errors == {(2, 0): "#N/A"}
    assert survey.characters == 12
    assert OdsSurvey(survey).has_cells("S")
    assert not OdsSurvey(survey).has_cells("T")


def test_a_comment_is_not_what_a_cell_shows() -> None:
    number = (
        "<table:table-row><table:table-cell office:value-type='float' office:value='{}'>"
        "<office:annotation><text:p>of May</text:p></office:annotation><text:p>{}</text:p></table:table-cell>"
        "</table:table-row>"
    )
    survey = Survey(zipfile.ZipFile(io.BytesIO(ods_of(number.format(9, 9) + number.format(9, "009")))))
    assert OdsSurvey(survey).sheet("S").shown == {(1, 0): "009"}
