"""The forms of the import pages: for the file, and for what is chosen before the import is confirmed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _
from import_export.forms import ConfirmImportForm, ImportForm

from scheduling.imports.engine.encodings import COMMON_ENCODINGS
from scheduling.imports.engine.files import MAX_BYTES, too_large

DATE_ORDERS = (
    ("", _("as the file shows")),
    ("dmy", _("day first: 31/12/2026")),
    ("mdy", _("month first: 12/31/2026")),
)
ENCODINGS = (("", _("as the file shows")), *((name, name) for name in COMMON_ENCODINGS))
# Excel allows 31 characters, other programs more.
MAX_SHEET_LENGTH = 200
ONLY = "0"
"""The index of the format and of the resource, of which there is one each."""


class ReadingForm(forms.Form):
    """How a file is read, where it does not show that itself."""

    date_order = forms.ChoiceField(label=_("Dates such as 11/05/2026"), choices=DATE_ORDERS, required=False)
    encoding = forms.ChoiceField(
        label=_("Encoding of a text file"),
        choices=ENCODINGS,
        required=False,
        help_text=_("Choose one if letters such as ü or ł are wrong in the preview."),
    )
    sheet = forms.CharField(
        label=_("Sheet of a spreadsheet"),
        max_length=MAX_SHEET_LENGTH,
        required=False,
        help_text=_("Empty: the first visible sheet with the columns that are needed. The preview names the others."),
    )

    @property
    def reading_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in ReadingForm.base_fields if name in self.fields]

    def name_guesses(self, reading: Mapping[str, str]) -> None:
        """Say what the file itself has shown, and ask for nothing that a file of its format does not have."""
        for name in ("encoding", "sheet") if {"encoding", "sheet"} & {*reading} else ():
            if name not in reading and not self.initial.get(name):
                del self.fields[name]
        orders = {"dmy": _("day first"), "mdy": _("month first")}
        order, encoding = (
            orders.get(reading.get("date_order", "")),
            reading.get("encoding", "").upper().removesuffix("-SIG"),
        )
        for name, guess in (("date_order", order), ("encoding", encoding)):
            if guess and name in self.fields and not self.initial.get(name):
                field: Any = self.fields[name]
                field.choices = [("", _("as the file shows: %(guess)s") % {"guess": guess}), *field.choices[1:]]
        if "sheet" in self.fields:
            self.fields["sheet"].widget.attrs["placeholder"] = reading.get("sheet", "")

    def clean_format(self) -> str:
        """The bytes show what a file is."""
        return ONLY

    def clean_resource(self) -> str:
        return ONLY


class FileForm(ReadingForm, ImportForm):
    """The form for the upload. It asks for the file; the rest is for what the file may not show."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("format", "resource"):
            self.fields[name] = forms.CharField(required=False, widget=forms.HiddenInput)
            self.initial[name] = ONLY

    @property
    def media(self) -> forms.Media:
        """Without the script of the library, which guesses the format from the name of the file."""
        return super(ImportForm, self).media

    def clean_import_file(self) -> UploadedFile:
        file = self.cleaned_data["import_file"]
        if file.size > MAX_BYTES:
            raise forms.ValidationError(too_large(file.size))
        return file


class ConfirmForm(ReadingForm, ConfirmImportForm):
    """The form of the preview: it has the name of the upload, and what may be chosen until it is confirmed."""

    format = forms.CharField(required=False, widget=forms.HiddenInput)
    checked = forms.CharField(required=False, widget=forms.HiddenInput)
    """The choices that the page was made with, as `choices.mark_of` abbreviates them."""
