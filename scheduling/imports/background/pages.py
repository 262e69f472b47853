"""The step of the import pages at which a long import leaves the request."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from import_export.admin import ImportMixin

from scheduling.imports.background.starting import starts_outside
from scheduling.imports.engine.problems import FileError
from scheduling.imports.uploads import key_of


class LongImportMixin(ImportMixin):
    """Starts what would take long in a process of its own, and shows the page of its run."""

    def process_import(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Import the confirmed upload here, if no other process has begun to."""
        key = self._started_outside(request) if request.method == "POST" else None
        if key is None:
            return super().process_import(request, **kwargs)
        # Nothing about it is put into the session: on SQLite, that would wait for the import.
        page = reverse("admin:scheduling_importrun_change", args=[key], current_app=self.admin_site.name)
        return HttpResponseRedirect(page)

    def _started_outside(self, request: HttpRequest) -> Any:
        """Return the key of the run, if the import has begun outside of the request."""
        if not self.has_import_permission(request):
            return None
        form = self.create_confirm_form(request)
        key = key_of(form.cleaned_data["import_file_name"]) if form.is_valid() else None
        if key is None:
            return None
        resource = self.choose_import_resource_class(form, request)(
            **self.get_import_resource_kwargs(request, form=form)
        )
        if not resource.runs_by_options:
            return None
        options = {name: value for name, value in resource.options.items() if value}
        try:
            return key if starts_outside(key, request.user, options) else None
        except FileError as error:  # It was confirmed twice, at the same moment.
            raise FileNotFoundError(str(key)) from error
