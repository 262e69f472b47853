"""The step of the import pages at which a long import leaves the request."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from scheduling.imports.background.starting import starts_outside
from scheduling.imports.engine.problems import FileError
from scheduling.models import ImportRun


class LongImportMixin:
    """Starts what would take long in a process of its own, and shows the page of its run."""

    page_of_run: Callable[[UUID], str]

    def import_outside(self, request: HttpRequest, run: ImportRun, *, valid_only: bool) -> HttpResponse | None:
        """Begin the import of a confirmed upload outside of the request. None if it is to be imported here.

        Raises FileNotFoundError if the upload was confirmed a moment ago.
        """
        try:
            if not starts_outside(run.pk, request.user, {"valid_only": True} if valid_only else {}):
                return None
        except FileError as error:
            raise FileNotFoundError(str(run.pk)) from error
        # Nothing about it is put into the session: on SQLite, that would wait for the import.
        return HttpResponseRedirect(self.page_of_run(run.pk))
