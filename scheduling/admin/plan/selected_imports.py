"""The import of assignments for selected employees or shifts: the action of their lists, and the pages it leads to."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from scheduling.imports.forms import FileForm
from scheduling.imports.kinds.selected_assignments import MAX_SELECTED, SelectedAssignmentResource, Selection
from scheduling.imports.pages import FileImportMixin
from scheduling.models import ImportRun

PERMISSION = "scheduling.import_scheduleassignment"


class SelectedFileForm(FileForm):
    only = forms.CharField(required=False, widget=forms.HiddenInput)


class SelectedImportMixin(FileImportMixin):
    """The import pages of assignments. The selection is kept with the upload, until it is confirmed."""

    resource_classes = [SelectedAssignmentResource]
    import_template_name = "scheduling/import_selected.html"
    import_form_class = SelectedFileForm

    def get_import_form_initial(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().get_import_form_initial(request), "only": request.GET.get("only", "")}

    def get_import_resource_kwargs(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        run: ImportRun | None = kwargs.get("run")
        only = run.options.get("only", "") if run is not None else ""
        return {**super().get_import_resource_kwargs(request, **kwargs), "selection": Selection.of(only)}

    def import_action(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        response = super().import_action(request, **kwargs)
        if isinstance(response, TemplateResponse) and response.context_data:
            response.context_data["selection"] = Selection.of(response.context_data["form"]["only"].value() or "")
        return response


class ImportsAssignments:
    """The action, for the ModelAdmin of a model that files of assignments name: employees, shifts.

    This is not a ModelAdmin itself: as the first base class it would come before the mixins of the import and export
    pages.
    """

    actions: Any = ["import_assignments"]
    opts: Any
    admin_site: Any
    message_user: Any

    def has_import_assignments_permission(self, request: HttpRequest) -> bool:
        needed = (PERMISSION, "scheduling.add_scheduleassignment", "scheduling.change_scheduleassignment")
        return request.user.has_perms(needed)

    @admin.action(
        description=_("Import assignments for the selected %(verbose_name_plural)s"), permissions=["import_assignments"]
    )
    def import_assignments(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        keys = list(queryset.order_by("pk").values_list("pk", flat=True)[: MAX_SELECTED + 1])
        if len(keys) > MAX_SELECTED:
            text = ngettext("Select at most %(most)d row.", "Select at most %(most)d rows.", MAX_SELECTED)
            self.message_user(request, text % {"most": MAX_SELECTED}, messages.WARNING)
            return None
        only = f"{self.opts.model_name}:{','.join(map(str, keys))}"
        page = reverse("admin:scheduling_scheduleassignment_import", current_app=self.admin_site.name)
        return HttpResponseRedirect(f"{page}?{urlencode({'only': only})}")
