from django.contrib import admin
from django.urls import include, path
from django.utils.translation import gettext_lazy as _
from django.views.generic import RedirectView

from scheduler_project.health import healthz, readyz

admin.site.site_header = admin.site.site_title = _("Scheduler")
admin.site.index_title = _("Staff scheduling")
admin.site.site_url = None  # there is no page outside the admin to "view site" on

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),  # the language switch
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("", include("caching.urls")),
]
