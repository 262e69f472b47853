from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from scheduling.imports.formats import AnyFormat
from scheduling.imports.forms import ConfirmForm, FileForm
from scheduling.imports.kinds.shifts import ShiftTypeResource


def file_form(**data: str) -> FileForm:
    files: Any = {"import_file": SimpleUploadedFile("types.csv", b"name\n")}
    return FileForm([AnyFormat], [ShiftTypeResource], data=data, files=files)


class FileFormTests:
    def test_asks_for_the_file_alone(self) -> None:
        assert file_form().is_valid()

    @pytest.mark.parametrize("name", ["format", "resource"])
    def test_takes_no_other_format_or_kind(self, name: str) -> None:
        form = file_form(**{name: "99"})
        assert form.is_valid()
        assert form.cleaned_data[name] == "0"

    def test_needs_no_script(self) -> None:
        assert not str(file_form().media)


class ConfirmFormTests:
    def test_has_the_choices_of_the_first_form(self) -> None:
        assert [field.name for field in ConfirmForm().reading_fields] == ["date_order", "encoding", "sheet"]

    def test_takes_no_other_format_or_kind(self) -> None:
        data = {"import_file_name": "x", "original_file_name": "x", "format": "99", "resource": "99"}
        form = ConfirmForm(data)
        assert form.is_valid()
        assert (form.cleaned_data["format"], form.cleaned_data["resource"]) == ("0", "0")

    def test_names_what_the_file_shows_and_asks_for_nothing_else(self) -> None:
        text, spreadsheet = ConfirmForm(), ConfirmForm()
        text.name_guesses({"encoding": "cp1252", "date_order": "dmy"})
        spreadsheet.name_guesses({"sheet": "Plan", "date_order": ""})

        assert [field.name for field in text.reading_fields] == ["date_order", "encoding"]
        assert "as the file shows: CP1252" in str(text["encoding"])
        assert "as the file shows: day first" in str(text["date_order"])
        assert [field.name for field in spreadsheet.reading_fields] == ["date_order", "sheet"]
        assert 'placeholder="Plan"' in str(spreadsheet["sheet"])
        assert "as the file shows<" in str(ConfirmForm()["encoding"])

    def test_names_no_guess_beside_what_was_chosen(self) -> None:
        form = ConfirmForm(initial={"encoding": "cp1250"})
        form.name_guesses({"encoding": "cp1250", "date_order": ""})
        assert "as the file shows:" not in str(form["encoding"])
