"""An import as people do it in the admin: upload, preview and confirmation, with our pages and with stock ones."""

from __future__ import annotations

import time
import warnings
from pathlib import Path
from typing import Any

from django.contrib.admin import AdminSite, ModelAdmin
from django.urls import include, path
from import_export.admin import ImportMixin

urlpatterns: list[Any] = []
"""Filled with a site of its own, for the stock pages."""
STATIC = "django.contrib.staticfiles.storage.StaticFilesStorage"
FILES = "django.core.files.storage.FileSystemStorage"


def through_ours(file: str) -> dict[str, float]:
    """Import by our pages; return the rows per second from the upload to the page after the confirmation."""
    rows, seconds = _imported(file)
    return {"ours_admin_rows_per_s": rows / seconds}


def through_stock(file: str) -> dict[str, float]:
    """Import by the pages of django-import-export, as its documentation adds them to a ModelAdmin."""
    from django.conf import settings

    from benchmarks.stock import StockAssignmentResource
    from scheduling.models import ScheduleAssignment

    class StockAdmin(ImportMixin, ModelAdmin):
        resource_classes = [StockAssignmentResource]

    site = AdminSite(name="admin")
    site.register(ScheduleAssignment, StockAdmin)
    # The first one that fits answers; templates also name pages of the project.
    urlpatterns[:] = [path("admin/", site.urls), path("", include(settings.ROOT_URLCONF))]
    settings.ROOT_URLCONF = __name__
    rows, seconds = _imported(file)
    return {"stock_admin_rows_per_s": rows / seconds}


def _imported(file: str) -> tuple[int, float]:
    from django.contrib.auth.models import User
    from django.core.files.uploadedfile import SimpleUploadedFile
    from django.test import Client
    from django.test.utils import override_settings, setup_test_environment
    from django.urls import reverse

    from scheduling.models import ScheduleAssignment

    warnings.filterwarnings("ignore", "No directory at")
    setup_test_environment()  # The forms of a page are read from its context.
    storages = {"default": {"BACKEND": FILES}, "staticfiles": {"BACKEND": STATIC}}
    # All of it in the request, where its time is.
    override_settings(STORAGES=storages, IMPORT_SECONDS_IN_REQUEST=float("inf"), DEBUG=False).enable()
    client = Client()
    client.force_login(User.objects.create_superuser("boss"))
    data = Path(file).read_bytes()
    started = time.perf_counter()
    form = {"import_file": SimpleUploadedFile("plan.csv", data), "format": "0", "resource": "0"}
    # Our upload leads to the page of its preview.
    preview = client.post(reverse("admin:scheduling_scheduleassignment_import"), form, follow=True)
    confirmation: Any = preview.context["confirm_form"].initial
    done = client.post(reverse("admin:scheduling_scheduleassignment_process_import"), confirmation)
    seconds = time.perf_counter() - started
    rows = data.count(b"\n") - 1
    assert done.status_code == 302, done
    assert ScheduleAssignment.objects.count() == rows
    return rows, seconds
