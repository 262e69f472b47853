"""Refuses what no database and no file system can hold: NUL, in addresses, forms and cookies."""

from collections.abc import Iterable, Iterator

from django.core.exceptions import BadRequest
from django.http import HttpRequest, QueryDict
from django.utils.deprecation import MiddlewareMixin

NUL = "\x00"


class ReadableMiddleware(MiddlewareMixin):
    """Answers with 400. No browser sends NUL, while PostgreSQL, `open()` and others raise ValueError for it."""

    def process_request(self, request: HttpRequest) -> None:
        if any(NUL in text for text in _texts(request)):
            raise BadRequest("The request contains NUL.")


def _texts(request: HttpRequest) -> Iterator[str]:
    yield request.path
    yield from request.COOKIES.values()
    yield from _of(request.GET)
    if request.method == "POST":
        yield from _of(request.POST)


def _of(data: QueryDict) -> Iterable[str]:
    for name, values in data.lists():
        yield name
        yield from values
