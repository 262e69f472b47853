"""The URLs of the project and one that fails, for the page of a failure."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from scheduler_project.urls import urlpatterns as ours


def fail(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("as it should")


urlpatterns = [*ours, path("fail", fail)]
