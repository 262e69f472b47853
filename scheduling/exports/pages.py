"""The export page of the admin: the rows of a list as it is filtered, in the columns that the import reads."""

from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import BadRequest
from django.db.models import QuerySet
from django.http import HttpRequest
from import_export.admin import ExportMixin
from import_export.formats.base_formats import Format
from import_export.forms import SelectableFieldsExportForm

from scheduling.exports.formats import CSV, XLSX
from scheduling.models.guarded import hidden_from


class ColumnsForm(SelectableFieldsExportForm):
    """Labels the columns as the file will, and selects the first format."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["format"].initial = "0"

    def _get_field_label(self, resource: Any, field_name: str) -> str:
        field = resource.fields.get(field_name)
        return str(field.column_name) if field else field_name


class FileExportMixin(ExportMixin):
    """An export page for a ModelAdmin with `resource_classes`. Users who may view its rows may export them."""

    export_form_class = ColumnsForm

    def has_export_permission(self, request: HttpRequest) -> bool:
        # django-import-export itself lets everybody export who may enter the admin.
        return self.has_view_permission(request)

    def get_export_resource_classes(self, request: HttpRequest) -> list[Any]:
        """Leave out the columns that the user may not see."""
        hidden = hidden_from(request.user, self.model)
        return [resource.without(hidden) for resource in super().get_export_resource_classes(request)]

    def get_export_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Answer an address that filters by what the list does not know with 400: a list would show everything."""
        try:
            return super().get_export_queryset(request)
        except IncorrectLookupParameters as error:
            raise BadRequest("The address filters by what the list does not know.") from error

    def get_export_formats(self) -> list[type[Format]]:
        return [CSV, XLSX]
