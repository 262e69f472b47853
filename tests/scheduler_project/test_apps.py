from django.contrib import admin
from django.contrib.admin.sites import site

from scheduler_project.admin_site import Site


def test_the_site_of_the_admin_is_ours() -> None:
    assert isinstance(admin.site, Site)
    assert isinstance(site, Site)
