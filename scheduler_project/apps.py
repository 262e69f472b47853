"""The application of Django's admin, with the site of `admin_site` in the place of Django's own."""

from django.contrib.admin.apps import AdminConfig


class SiteConfig(AdminConfig):
    default_site = "scheduler_project.admin_site.Site"
