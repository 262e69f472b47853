"""A web application for tests of servers: the project with two more pages. GET /EMAIL reads, POST /EMAIL renames."""

import json
import os

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from scheduler_project.wsgi import application as application

settings.ROOT_URLCONF = __name__
# No static files have been collected for a test.
settings.STORAGES = {
    **settings.STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

from caching import cache_manager  # noqa: E402
from scheduler_project.urls import urlpatterns as of_the_project  # noqa: E402
from scheduling.models import Employee  # noqa: E402


def answer(employee: Employee | None) -> JsonResponse:
    """Return the name, which process says so, and how many reads it has answered from the cache."""
    name = employee and employee.first_name
    return JsonResponse({"name": name, "pid": os.getpid(), "hits": cache_manager.get_stats()["hits"]})


@csrf_exempt
def read_or_rename(request: HttpRequest, email: str) -> JsonResponse:
    if request.method == "POST":
        Employee.objects.filter(email=email).update(first_name=json.loads(request.body))
    return answer(Employee.objects.get_by_email(email))


@csrf_exempt
async def aread_or_rename(request: HttpRequest, email: str) -> JsonResponse:
    if request.method == "POST":
        await Employee.objects.filter(email=email).aupdate(first_name=json.loads(request.body))
    return answer(await Employee.objects.aget_by_email(email))


urlpatterns = [*of_the_project, path("async/<str:email>", aread_or_rename), path("<str:email>", read_or_rename)]

if os.environ.get("READ_BEFORE_FORK"):
    # What an application does that fills its cache while the master of --preload imports it.
    from django.db import connections

    Employee.objects.get_by_email(os.environ["READ_BEFORE_FORK"])
    connections.close_all()
