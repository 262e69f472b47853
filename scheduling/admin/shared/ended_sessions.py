"""What was typed into a page whose session has ended meanwhile: kept until the same user logs in again.

The form is kept on the server, in the session that the login goes on with, because a browser would leave names and
notes on a shared computer, and because this way takes no script. Only forms are kept that carry what we have signed, so
nobody can fill the table of sessions who has never been logged in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.translation import gettext
from django.views.csrf import csrf_failure

from scheduling.admin.shared import shown

KEY = "typed"
COOKIE = "session_ended"
COOKIE_SECONDS = 60
MAX_CHARACTERS = 300_000
"""Of a form that is kept. A page of a hundred rows has about a tenth of it."""


class EndedSessionsMiddleware:
    """Says at the login that a session has ended, and keeps what was typed. Stands below the authentication."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        had_session = settings.SESSION_COOKIE_NAME in request.COOKIES and not request.user.is_authenticated
        if had_session and urlsplit(response.get("Location", "")).path == reverse("admin:login"):
            # A cookie, because a row for each visitor with an old cookie could fill the table of sessions.
            response.set_cookie(COOKIE, "1", max_age=COOKIE_SECONDS, httponly=True, samesite="Lax")
        return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        """Keep the form of a page of the admin that is about to be answered by the login."""
        if request.user.is_authenticated:
            if KEY in request.session and request.session[KEY]["user"] != request.user.pk:
                del request.session[KEY]
        elif request.method == "POST" and shown.FIELD in request.POST and _keep(request):
            messages.warning(request, gettext("What you have entered is kept: log in to go on."))


def form_of_an_older_login(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose CSRF token is not valid (CSRF_FAILURE_VIEW).

    A page that was opened before the user logged in again, in another window, has an old token. Its form is shown once
    more and saves nothing. Nobody else can send it: they would need what we have signed for this user.
    """
    page = shown.read(request.POST.get(shown.FIELD, ""))
    if page is not None and page.user == request.user.pk and _keep(request):
        return HttpResponseRedirect(request.get_full_path())
    return csrf_failure(request, reason)


def _keep(request: HttpRequest) -> bool:
    page = shown.read(request.POST[shown.FIELD])
    data = request.POST.copy()
    data.pop("csrfmiddlewaretoken", None)
    text = data.urlencode()
    if page is None or len(text) > MAX_CHARACTERS:
        return False
    request.session[KEY] = {"path": request.get_full_path(), "user": page.user, "form": text}
    return True


def take_up(request: HttpRequest) -> str:
    """Turn the request for a page into that of the form that was kept for it; return why it is not saved.

    Returns "" if nothing was kept for this page.
    """
    if request.method != "GET" or request.session.get(KEY, {}).get("path") != request.get_full_path():
        return ""
    kept = request.session.pop(KEY)
    _ = request.FILES  # read now: to read it as the files of a POST would read the form anew, from an empty body
    request.method, request.POST = "POST", QueryDict(kept["form"])
    return gettext("Your login had ended. This is what you have entered; it is not saved yet.")
