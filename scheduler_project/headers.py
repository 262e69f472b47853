"""Headers of every answer that neither Django nor django-csp sets."""

from django.http import HttpRequest, HttpResponseBase
from django.utils.cache import add_never_cache_headers
from django.utils.deprecation import MiddlewareMixin

UNUSED = ("camera", "display-capture", "geolocation", "microphone", "payment", "serial", "usb")
PERMISSIONS_POLICY = ", ".join(f"{feature}=()" for feature in UNUSED)


class HeadersMiddleware(MiddlewareMixin):
    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        # The admin marks its pages, WhiteNoise its files; left are errors, redirects and what somebody forgets.
        if not response.has_header("Cache-Control"):
            add_never_cache_headers(response)
        return response
