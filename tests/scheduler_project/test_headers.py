from django.http import HttpResponse
from django.test import RequestFactory

from scheduler_project.headers import HeadersMiddleware


def answered(response: HttpResponse) -> HttpResponse:
    """Return the response as it leaves the middleware."""
    passed = HeadersMiddleware(lambda request: response)(RequestFactory().get("/"))
    assert isinstance(passed, HttpResponse)
    return passed


class HeadersMiddlewareTests:
    def test_switches_off_what_no_page_uses(self) -> None:
        policy = answered(HttpResponse())["Permissions-Policy"]
        assert "camera=()" in policy
        assert "geolocation=()" in policy

    def test_forbids_to_cache_what_says_nothing_of_caching(self) -> None:
        assert "no-store" in answered(HttpResponse())["Cache-Control"]

    def test_leaves_what_a_view_has_said(self) -> None:
        response = HttpResponse(headers={"Cache-Control": "max-age=60", "Cross-Origin-Resource-Policy": "cross-origin"})
        assert answered(response)["Cache-Control"] == "max-age=60"
        assert answered(response)["Cross-Origin-Resource-Policy"] == "cross-origin"
