"""The import pages of the admin: upload, preview, confirm."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from import_export.admin import ImportMixin
from import_export.formats.base_formats import Format
from import_export.forms import ConfirmImportForm, ImportForm

from scheduling.imports.background.pages import LongImportMixin
from scheduling.imports.engine.encodings import COMMON_ENCODINGS
from scheduling.imports.engine.files import MAX_BYTES, ReadOptions, too_large
from scheduling.imports.engine.problems import FileError
from scheduling.imports.engine.results import ImportResult
from scheduling.imports.formats import CSV, XLSX
from scheduling.imports.history import log_import
from scheduling.imports.uploads import UploadStorage, key_of
from scheduling.models import ImportRun
from scheduling.models.guarded import closed_to

DATE_ORDERS = (
    ("", _("as the file shows")),
    ("dmy", _("day first: 31/12/2026")),
    ("mdy", _("month first: 12/31/2026")),
)
ENCODINGS = (("", _("as the file shows")), *((name, name) for name in COMMON_ENCODINGS))
# Excel allows 31 characters, other programs more.
MAX_SHEET_LENGTH = 200


class FileForm(ImportForm):
    """The form for the upload. It also asks for what the file may not show."""

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
    field_order = ["resource", "import_file", "format", "date_order", "encoding", "sheet"]

    def clean_import_file(self) -> UploadedFile:
        file = self.cleaned_data["import_file"]
        if file.size > MAX_BYTES:
            raise forms.ValidationError(too_large(file.size))
        return file


class ConfirmForm(ConfirmImportForm):
    """The form below the preview, which keeps the answers to the first one."""

    date_order = forms.ChoiceField(choices=DATE_ORDERS, required=False, widget=forms.HiddenInput)
    encoding = forms.ChoiceField(choices=ENCODINGS, required=False, widget=forms.HiddenInput)
    sheet = forms.CharField(max_length=MAX_SHEET_LENGTH, required=False, widget=forms.HiddenInput)


class FileImportMixin(LongImportMixin, ImportMixin):
    """Import pages for a ModelAdmin with `resource_classes`, for users who may add and change its rows."""

    # This template also has the button of the export, for a ModelAdmin with FileExportMixin.
    import_export_change_list_template = "admin/import_export/change_list_import_export.html"
    import_template_name = "scheduling/import.html"
    import_form_class = FileForm
    confirm_form_class = ConfirmForm
    # Not in the public /tmp of one host, where the library would keep the files.
    tmp_storage_class = UploadStorage

    def has_import_permission(self, request: HttpRequest) -> bool:
        return self.has_add_permission(request) and self.has_change_permission(request)

    def get_import_resource_classes(self, request: HttpRequest) -> list[Any]:
        """Refuse files with columns that the user may not change."""
        closed = closed_to(request.user, self.model)
        return [resource.without(closed) for resource in super().get_import_resource_classes(request)]

    def get_import_formats(self) -> list[type[Format]]:
        return [CSV, XLSX]

    def get_import_resource_kwargs(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        chosen = getattr(kwargs.get("form"), "cleaned_data", {})
        options = ReadOptions(encoding=chosen.get("encoding", ""), sheet=chosen.get("sheet", ""))
        return {"date_order": chosen.get("date_order") or None, "read_options": options}

    def get_confirm_form_initial(self, request: HttpRequest, import_form: Any) -> dict[str, Any]:
        initial = super().get_confirm_form_initial(request, import_form)
        if import_form is not None:
            initial.update({name: import_form.cleaned_data[name] for name in ("date_order", "encoding", "sheet")})
        return initial

    def add_data_read_fail_error_to_form(self, form: forms.Form, e: Exception) -> None:
        if isinstance(e, FileError):
            form.add_error("import_file", str(e))
        else:
            super().add_data_read_fail_error_to_form(form, e)

    def get_import_data_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        """Name the run that keeps the file from the upload to the confirmation."""
        chosen = kwargs["form"].cleaned_data
        name = chosen.get("import_file_name") or chosen["import_file"].tmp_storage_name
        return {**super().get_import_data_kwargs(**kwargs), "upload": key_of(name)}

    def write_to_tmp_storage(self, import_file: UploadedFile, input_format: Format) -> UploadStorage:
        """Name the upload, and delete those of others that nobody has confirmed for a day."""
        UploadStorage().delete_old()
        return super().write_to_tmp_storage(import_file, input_format)

    def process_import(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        try:
            self._refuse_uploads_of_others(request)
            return super().process_import(request, **kwargs)
        except FileNotFoundError:
            messages.error(request, _("The uploaded file is no longer there. Upload it again."))
            return HttpResponseRedirect(self._url("import"))

    def _refuse_uploads_of_others(self, request: HttpRequest) -> None:
        """Raise FileNotFoundError for an upload that is not the user's, or of another page."""
        name = request.POST.get("import_file_name")
        if not name or not self.has_import_permission(request):
            return
        kinds = [resource.kind.name for resource in self.get_import_resource_classes(request)]
        key = key_of(name)
        if key is None or not ImportRun.objects.filter(pk=key, user=request.user.pk, kind__in=kinds).exists():
            raise FileNotFoundError(name)

    def process_result(self, result: ImportResult, request: HttpRequest) -> HttpResponse:
        if result.saved:
            return super().process_result(result, request)
        reasons = result.sentences or [problem.sentence for problem in result.problems[:3]]
        text = _("Nothing was imported; something has changed since the preview. %(reasons)s")
        messages.error(request, text % {"reasons": " ".join(reasons)})
        return HttpResponseRedirect(self._url("import"))

    def _url(self, page: str) -> str:
        app_label, model_name = self.get_model_info()
        return reverse(f"admin:{app_label}_{model_name}_{page}", current_app=self.admin_site.name)

    def generate_log_entries(self, result: ImportResult, request: HttpRequest) -> None:
        """Write an entry in the history for each written row."""
        if not self.get_skip_admin_log():
            log_import(result, request.user, self.model)

    def add_success_message(self, result: ImportResult, request: HttpRequest) -> None:
        counts = {"new": result.new, "updated": result.updated, "unchanged": result.unchanged}
        summary = _("Import finished: %(new)d new, %(updated)d updated, %(unchanged)d unchanged.") % counts
        messages.success(request, " ".join([summary, *result.notes]))
        if result.warnings:
            messages.warning(request, " ".join(result.warning_notes))
