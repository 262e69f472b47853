"""The page on which an upload is checked, as often as wanted, before it is confirmed.

It has an address of its own, so it can be reloaded and gone back to, and each check is a GET. What is chosen on it is
kept with the run of the upload; the file is uploaded once.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from uuid import UUID

import tablib
from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from import_export.admin import ImportMixin

from scheduling.exports.formats import CSV
from scheduling.imports import choices
from scheduling.imports.choices import Choices
from scheduling.imports.engine.file_columns import FileColumn, columns_of
from scheduling.imports.engine.files import Upload
from scheduling.imports.engine.mending import mended_by
from scheduling.imports.engine.problems import FileError
from scheduling.imports.engine.resource import FileResource
from scheduling.imports.engine.results import ImportResult
from scheduling.imports.forms import ONLY
from scheduling.imports.mapping import mapping_context, sent_columns, sent_values
from scheduling.imports.remembered import forget, remember
from scheduling.models import ImportRun


def as_download(refused: tablib.Dataset) -> HttpResponse:
    """Return the refused rows as a file, as `import_csv --rejected` writes them."""
    disposition = {"Content-Disposition": 'attachment; filename="refused.csv"'}
    return HttpResponse(CSV().export_data(refused), content_type=CSV().get_content_type(), headers=disposition)


class PreviewMixin(ImportMixin):
    """The preview of an upload, for its owner, and what belongs to it."""

    preview_template_name = "scheduling/import_preview.html"

    def get_urls(self) -> list[URLPattern]:
        name = "{}_{}".format(*self.get_model_info())
        view = self.admin_site.admin_view
        return [
            path("import/<uuid:key>/", view(self.preview_view), name=f"{name}_preview"),
            path("import/<uuid:key>/refused/", view(self.refused_view), name=f"{name}_refused"),
            *super().get_urls(),
        ]

    # -- the pages ---------------------------------------------------------------------------------------------------

    def preview_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        """Check the upload with what is chosen for it. A POST keeps what is chosen, and leads to the check."""
        run = self._open_run(request, key)
        if not isinstance(run, ImportRun):
            return run
        if request.method == "POST":
            # The check says what became of an upload that was confirmed a moment ago.
            with suppress(FileNotFoundError):
                self.take_choices(request, run)
            return HttpResponseRedirect(self.page_of(run.pk))
        result = self._dry_run(request, run)
        request.current_app = self.admin_site.name
        return TemplateResponse(request, self.preview_template_name, self.preview_context(request, run, result))

    def preview_context(self, request: HttpRequest, run: ImportRun, result: ImportResult) -> dict[str, Any]:
        """Return what the page shows."""
        chosen = choices.choices_of(run)
        return {
            **self.admin_site.each_context(request),
            "title": _("Import"),
            "subtitle": run.file_name,
            "opts": self.model._meta,
            "media": self.media,
            "run": run,
            "result": result,
            "valid": result.new + result.updated + result.unchanged,
            "confirm_form": self._form_for(request, run, chosen, result),
            "recalled": parse_datetime(chosen.get("recalled", "")),
            **mapping_context(self.resource_of(request, run), result, chosen),
        }

    def refused_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        """Return the refused rows as a file that can be mended and uploaded, with the reasons in its last column."""
        run = self._open_run(request, key)
        if not isinstance(run, ImportRun):
            return run
        result = self._dry_run(request, run, collect_failed_rows=True)
        if not result.refused:
            messages.error(request, " ".join(result.sentences) or gettext("No row is refused."))
            return HttpResponseRedirect(self.page_of(run.pk))
        return as_download(result.failed_dataset)

    # -- what they need ----------------------------------------------------------------------------------------------

    def waiting_run(self, request: HttpRequest, key: UUID | None) -> ImportRun | None:
        """Return an upload of the user on this page that is not imported yet, or None."""
        runs = self._runs_of(request, key).filter(outcome__in=ImportRun.WAITING)
        return runs.exclude(file=b"").defer("changes").first()

    def _runs_of(self, request: HttpRequest, key: UUID | None) -> QuerySet[ImportRun]:
        if key is None:
            return ImportRun.objects.none()
        kinds = [resource.kind.name for resource in self.get_import_resource_classes(request)]
        return ImportRun.objects.filter(pk=key, user=request.user.pk, kind__in=kinds)

    def _open_run(self, request: HttpRequest, key: UUID) -> ImportRun | HttpResponse:
        """Return the upload, or else the page that says what became of it."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        run = self.waiting_run(request, key)
        return run if run is not None else self.what_became(request, key)

    def what_became(self, request: HttpRequest, key: UUID | None) -> HttpResponse:
        """Return the page of an upload that does not wait any more; if there is none, the page for another one."""
        if key is not None and self._runs_of(request, key).exclude(outcome__in=ImportRun.WAITING).exists():
            return HttpResponseRedirect(self.page_of_run(key))
        messages.error(request, _("The uploaded file is no longer there. Upload it again."))
        return HttpResponseRedirect(self.url_of("import"))

    def _dry_run(self, request: HttpRequest, run: ImportRun, **kwargs: Any) -> ImportResult:
        resource = self.resource_of(request, run)
        data = Upload(bytes(run.file))
        return resource.import_data(
            data, dry_run=True, file_name=run.file_name, user=request.user, upload=run.pk, **kwargs
        )

    def resource_of(self, request: HttpRequest, run: ImportRun, **other: Any) -> FileResource:
        """Return the resource that reads the upload as it is chosen."""
        return self._resource_class(request)(**{**self.get_import_resource_kwargs(request, run=run), **other})

    def _form_for(self, request: HttpRequest, run: ImportRun, chosen: Choices, result: ImportResult) -> forms.Form:
        initial = {
            **{name: chosen.get(name, "") for name in choices.READING},
            "import_file_name": run.pk.hex,
            "original_file_name": run.file_name or run.pk.hex,
            "format": ONLY,
            "resource": ONLY,
            "checked": choices.mark_of(chosen),
        }
        form = self.get_confirm_form_class(request)(initial=initial)
        form.name_guesses(result.reading)
        return form

    def take_choices(self, request: HttpRequest, run: ImportRun) -> bool:
        """Keep what the form of the page says. Returns whether it differs from what the page was made with."""
        before, upload = choices.choices_of(run), Upload(bytes(run.file))
        try:
            reading, unreadable = self._read_reading(request, run, upload, before)
            after = self.read_choices(request, run, upload, before, reading)
        except FileError as error:
            messages.error(request, str(error))
            return True
        if unreadable:
            messages.error(request, unreadable)
        if after != before:
            choices.keep(run, after)
            self.remember(request, run, upload)
        is_as_shown = request.POST.get("checked", "") in ("", choices.mark_of(before))
        return bool(unreadable) or after != before or not is_as_shown

    def _read_reading(
        self, request: HttpRequest, run: ImportRun, upload: Upload, before: Choices
    ) -> tuple[Choices, str]:
        """Return how the file is to be read, as the form says; and a sentence if it cannot be read like that.

        Then it is read as before: without its columns, what is chosen for them would be lost.
        """
        form = self.create_confirm_form(request)
        form.is_valid()
        sent = {name: form.cleaned_data[name] for name in choices.READING if name in {*request.POST} - {*form.errors}}
        if all(sent.get(name, "") == before.get(name, "") for name in {*choices.HOW_IT_IS_READ} & {*sent}):
            return sent, ""
        resource = self.resource_of(request, run, read_options=choices.read_options({**before, **sent}))
        try:
            upload.table(resource.known_headers, resource.read_options)
        except FileError as error:
            text = gettext("%(reason)s The file is read as before, and what else you have chosen is kept.")
            others = {name: value for name, value in sent.items() if name not in choices.HOW_IT_IS_READ}
            return others, text % {"reason": error}
        return sent, ""

    def read_choices(
        self, request: HttpRequest, run: ImportRun, upload: Upload, before: Choices, reading: Choices
    ) -> Choices:
        """Return the choices after the form was sent. Raises FileError for what cannot be chosen."""
        if "forget" in request.POST:
            forget(self._resource_class(request), request.user, upload, before)
            after = {name: value for name, value in before.items() if name in ("mended", "only")}
            return self._without_mended(request, after) if any(map(before.get, choices.HOW_IT_IS_READ)) else after
        after = {name: value for name, value in {**before, **reading}.items() if value}
        after = self._read_mapping(request, run, upload, after)
        if any(after.get(name) != before.get(name) for name in choices.HOW_IT_IS_READ):
            return self._without_mended(request, after)
        if any(name.startswith("cell-") for name in request.POST):
            resource = self.resource_of(request, run)
            table = upload.table(resource.known_headers, resource.read_options)
            mended = mended_by(request.POST, table, before.get("mended", {}))
            after = {name: value for name, value in {**after, "mended": mended}.items() if value}
        return after

    def _read_mapping(self, request: HttpRequest, run: ImportRun, upload: Upload, chosen: Choices) -> Choices:
        """Return the choices with the columns and the values that were sent."""
        resource = self.resource_of(request, run, **choices.resource_kwargs(chosen, request.user))
        after = {**chosen, **sent_values(request.POST, resource, chosen)}
        # A file that cannot be read has none, and what is chosen for its columns stays.
        columns = self._columns_of(resource, upload) if any(name.startswith("column:") for name in request.POST) else []
        if columns:
            after["columns"] = sent_columns(request.POST, resource, columns)
        return {name: value for name, value in after.items() if value}

    @staticmethod
    def _columns_of(resource: FileResource, upload: Upload) -> list[FileColumn]:
        try:
            table = upload.table(resource.known_headers, resource.read_options)
        except FileError:  # The page says what cannot be read.
            return []
        return columns_of(table, resource.kind, resource.chosen)

    def remember(self, request: HttpRequest, run: ImportRun, upload: Upload) -> None:
        """Keep what is chosen for the next file with the same headers."""
        remember(self._resource_class(request), request.user, upload, run.options)

    def _resource_class(self, request: HttpRequest) -> type[FileResource]:
        (resource,) = self.get_import_resource_classes(request)
        return resource

    @staticmethod
    def _without_mended(request: HttpRequest, chosen: Choices) -> Choices:
        """Leave out the mended cells of what is another table now."""
        count = sum(map(len, chosen.get("mended", {}).values()))
        if count:
            text = ngettext(
                "The file is read in another way now, so the cell that was mended is as it is in the file.",
                "The file is read in another way now, so the %(count)d cells that were mended are as they are in the "
                "file.",
                count,
            )
            messages.warning(request, text % {"count": count})
        return {name: value for name, value in chosen.items() if name != "mended"}

    # -- addresses ---------------------------------------------------------------------------------------------------

    def url_of(self, page: str, *args: Any) -> str:
        app_label, model_name = self.get_model_info()
        return reverse(f"admin:{app_label}_{model_name}_{page}", args=args, current_app=self.admin_site.name)

    def page_of(self, key: UUID) -> str:
        """Return the address of the preview."""
        return self.url_of("preview", key)

    def page_of_run(self, key: UUID) -> str:
        """Return the address of the page that says what came of an import."""
        return reverse("admin:scheduling_importrun_change", args=[key], current_app=self.admin_site.name)
