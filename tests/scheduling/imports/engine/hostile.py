"""Spreadsheets that nobody writes by accident: small files that would be large when they are built.

Run as a program, it reads one of them within 512 MB of address space and prints what came of it.
"""

import io
import resource
import sys
import zipfile

ADDRESS_SPACE = 512 * 1024 * 1024

_RELATIONS = (
    "<Relationships xmlns='http://schemas.openxmlformats.org/package/2006/relationships'>"
    "<Relationship Id='r1' Type='http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}' "
    "Target='{target}'/></Relationships>"
)
_BOOK = (
    "<workbook xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main' "
    "xmlns:r='http://schemas.openxmlformats.org/officeDocument/2006/relationships'>"
    "<sheets><sheet name='S' sheetId='1' r:id='r1'/></sheets></workbook>"
)
_SHEET = (
    "<worksheet xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'><sheetData>{}</sheetData></worksheet>"
)
_STRINGS = "<sst xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'>{}</sst>"
_MANIFEST = "<manifest:manifest xmlns:manifest='urn:oasis:names:tc:opendocument:xmlns:manifest:1.0'/>"
_ODS = (
    "<office:document-content xmlns:office='urn:oasis:names:tc:opendocument:xmlns:office:1.0' "
    "xmlns:table='urn:oasis:names:tc:opendocument:xmlns:table:1.0' "
    "xmlns:text='urn:oasis:names:tc:opendocument:xmlns:text:1.0'><office:body><office:spreadsheet>"
    "<table:table table:name='S'>{}</table:table></office:spreadsheet></office:body></office:document-content>"
)


def xlsx_of(sheet: str, strings: str = "", **more: str) -> bytes:
    """Return a workbook with the XML of one sheet's rows, and of its shared texts."""
    parts = {
        "[Content_Types].xml": "<Types xmlns='http://schemas.openxmlformats.org/package/2006/content-types'/>",
        "_rels/.rels": _RELATIONS.format(kind="officeDocument", target="xl/workbook.xml"),
        "xl/workbook.xml": _BOOK,
        "xl/_rels/workbook.xml.rels": _RELATIONS.format(kind="worksheet", target="worksheets/sheet1.xml"),
        "xl/worksheets/sheet1.xml": _SHEET.format(sheet),
        "xl/sharedStrings.xml": _STRINGS.format(strings),
        **more,
    }
    return zipped(parts)


def ods_of(rows: str) -> bytes:
    """Return an OpenDocument spreadsheet with the XML of one sheet's rows."""
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": _MANIFEST,
            "content.xml": _ODS.format(rows),
        }
    )


def zipped(parts: dict[str, str]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stream.getvalue()


def cell(reference: str, text: str) -> str:
    return f"<c r='{reference}' t='inlineStr'><is><t>{text}</t></is></c>"


def far_apart() -> bytes:
    return xlsx_of(f"<row r='1'>{cell('A1', 'name')}</row><row r='1048576'>{cell('XFD1048576', 'x')}</row>")


def one_text_for_all() -> bytes:
    """Half a million cells that refer to one text of 30,000 characters: 15 GB."""
    rows = "".join("<row>" + "<c t='s'><v>0</v></c>" * 25 + "</row>" for _ in range(20_000))
    return xlsx_of(rows, f"<si><t>{'x' * 30_000}</t></si>")


def many_cells() -> bytes:
    return xlsx_of(("<row>" + "<c><v>1</v></c>" * 200 + "</row>") * 20_000)


def long_text() -> bytes:
    return xlsx_of(f"<row>{cell('A1', 'x' * 20_000_000)}</row>")


def unpacks() -> bytes:
    return xlsx_of("", **{"xl/media/picture.xml": "x" * 150_000_000})


def many_entries() -> bytes:
    return xlsx_of("", **{f"xl/{number}.xml": "<x/>" for number in range(5_000)})


def entities() -> bytes:
    laughs = "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10 if n else 'lol'}'>" for n in range(10))
    return xlsx_of("", **{"xl/workbook.xml": f"<!DOCTYPE x [{laughs}]><x>&l9;</x>"})


def repeated_rows() -> bytes:
    row = "<table:table-row table:number-rows-repeated='1048576'>"
    repeated = "<table:table-cell office:value-type='float' office:value='1' table:number-columns-repeated='16384'/>"
    return ods_of(f"{row}{repeated}</table:table-row>")


def far_apart_ods() -> bytes:
    one = "<table:table-cell office:value-type='string'><text:p>name</text:p></table:table-cell>"
    gap = "<table:table-row table:number-rows-repeated='1048000'><table:table-cell/></table:table-row>"
    far = "<table:table-row><table:table-cell table:number-columns-repeated='16000'/>" + one + "</table:table-row>"
    return ods_of(f"<table:table-row>{one}</table:table-row>{gap}{far}")


def large(rows: int = 4_000) -> bytes:
    """Many different texts: with 19,960 rows, as much as the limits allow."""
    numbers = range(rows * 25)
    texts = "".join(f"<si><t>text number {number}</t></si>" for number in numbers)
    cells = [f"<c t='s'><v>{number}</v></c>" for number in numbers]
    return xlsx_of("".join(f"<row>{''.join(cells[at : at + 25])}</row>" for at in range(0, len(cells), 25)), texts)


def largest() -> bytes:
    return large(19_960)


def largest_csv() -> bytes:
    return b"\n".join([b",".join([b"abcdefgh-%d" % column for column in range(25)])] * 20_001)


FILES = {
    make.__name__: make
    for make in (
        *(far_apart, one_text_for_all, many_cells, long_text, unpacks, many_entries, entities, repeated_rows),
        *(far_apart_ods, large, largest, largest_csv),
    )
}


def main() -> None:
    import django
    from django.conf import settings

    # No database and no apps: what is measured is the reader.
    settings.configure(USE_I18N=False)
    django.setup()
    from scheduling.imports.engine.files import read_table
    from scheduling.imports.engine.problems import FileError

    data = sys.stdin.buffer.read()
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    try:
        said = f"{len(read_table(data))} rows"
    except FileError as error:
        said = f"FileError: {error}"
    sys.stdout.write(f"{said}\n")


if __name__ == "__main__":
    main()
