"""The import pages of the admin: upload, preview, confirm."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils.http import content_disposition_header
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from import_export.formats.base_formats import Format

from scheduling.exports.formats import XLSX
from scheduling.imports import choices
from scheduling.imports.background.pages import LongImportMixin
from scheduling.imports.engine.files import Upload
from scheduling.imports.engine.results import ImportResult
from scheduling.imports.formats import AnyFormat
from scheduling.imports.forms import ConfirmForm, FileForm
from scheduling.imports.history import log_import
from scheduling.imports.previews import PreviewMixin
from scheduling.imports.remembered import recall
from scheduling.imports.template_files import template_of
from scheduling.imports.uploads import UploadStorage, keep_upload, key_of
from scheduling.models import ImportRun
from scheduling.models.guarded import closed_to


class FileImportMixin(LongImportMixin, PreviewMixin):
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
        return [AnyFormat]

    def get_import_resource_kwargs(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        """Return what is chosen for the upload; without one, for the list of columns on the page, nothing."""
        run: ImportRun | None = kwargs.get("run")
        return choices.resource_kwargs(choices.choices_of(run), request.user) if run is not None else {}

    def import_action(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Show the form for the upload, or keep what was uploaded and lead to its preview."""
        if request.method == "POST" and self.has_import_permission(request):
            form = self.create_import_form(request)
            if form.is_valid():
                return HttpResponseRedirect(self.page_of(self.keep_file(request, form).pk))
        return super().import_action(request, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        template = self.admin_site.admin_view(self.template_view)
        name = "{}_{}_import_template".format(*self.get_model_info())
        return [path("import/template/", template, name=name), *super().get_urls()]

    def template_view(self, request: HttpRequest) -> HttpResponse:
        """Return a spreadsheet to begin with."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        (resource,) = self.get_import_resource_classes(request)
        name = f"{resource.kind.name}.xlsx"
        return HttpResponse(
            template_of(resource()),
            content_type=XLSX().get_content_type(),
            headers={"Content-Disposition": content_disposition_header(as_attachment=True, filename=name)},
        )

    def keep_file(self, request: HttpRequest, form: forms.Form) -> ImportRun:
        """Keep an upload with what was chosen for it, now or for the last file with its headers.

        The uploads of others that nobody has confirmed for a day are deleted.
        """
        UploadStorage().delete_old()
        (resource,) = self.get_import_resource_classes(request)
        chosen = {name: form.cleaned_data.get(name) for name in choices.KEPT}
        file = form.cleaned_data["import_file"]
        recalled = recall(resource, request.user, Upload(file.read()), chosen)
        for sentence in recalled.sentences:
            messages.warning(request, sentence)
        if recalled.chosen_at is not None:
            chosen |= {**recalled.options, "recalled": recalled.chosen_at.isoformat()}
        return keep_upload(file, resource.kind.name, request.user, chosen)

    def get_import_data_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        """Name the run that keeps the file from the upload to the confirmation."""
        others = super().get_import_data_kwargs(**kwargs)
        run, valid_only = others.pop("run"), others.pop("valid_only", False)
        return {**others, "upload": run.pk, "rollback_on_validation_errors": not valid_only}

    def process_import(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Import an upload as it was checked. What was changed on the page since is checked first."""
        name = request.POST.get("import_file_name")
        if not name or not self.has_import_permission(request):
            return super().process_import(request, **kwargs)
        run = self.waiting_run(request, key_of(name))
        if run is None:
            return self.what_became(request, key_of(name))
        valid_only = "valid_only" in request.POST
        try:
            if self.take_choices(request, run):
                messages.warning(request, _("What you have changed was checked. Nothing has been imported yet."))
                return HttpResponseRedirect(self.page_of(run.pk))
            self.remember(request, run, Upload(bytes(run.file)))
            elsewhere = self.import_outside(request, run, valid_only=valid_only)
            return elsewhere or super().process_import(request, run=run, valid_only=valid_only, **kwargs)
        except FileNotFoundError:  # Somebody has deleted or confirmed it a moment ago.
            return self.what_became(request, run.pk)

    def process_result(self, result: ImportResult, request: HttpRequest) -> HttpResponse:
        if result.saved:
            response = super().process_result(result, request)
            # There are the rows that were left out.
            return HttpResponseRedirect(self.page_of_run(result.run)) if result.refused and result.run else response
        reasons = result.sentences or [problem.sentence for problem in result.problems[:3]]
        text = _("Nothing was imported; something has changed since the preview. %(reasons)s")
        messages.error(request, text % {"reasons": " ".join(reasons)})
        return HttpResponseRedirect(self.page_of(result.run) if result.run else self.url_of("import"))

    def generate_log_entries(self, result: ImportResult, request: HttpRequest) -> None:
        """Write an entry in the history for each written row."""
        if not self.get_skip_admin_log():
            log_import(result, request.user, self.model)

    def add_success_message(self, result: ImportResult, request: HttpRequest) -> None:
        counts = {"new": result.new, "updated": result.updated, "unchanged": result.unchanged}
        summary = _("Import finished: %(new)d new, %(updated)d updated, %(unchanged)d unchanged.") % counts
        messages.success(request, " ".join([summary, *result.notes]))
        if result.refused:
            text = ngettext(
                "%(count)d row was refused and left out.", "%(count)d rows were refused and left out.", result.refused
            )
            messages.warning(request, text % {"count": result.refused})
        if result.warnings:
            messages.warning(request, " ".join(result.warning_notes))
