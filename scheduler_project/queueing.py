"""A queue in front of Django: many threads read requests, which may take a client long, and a few answer them.

gunicorn gives each connection a thread, which waits for the client. Here such a thread receives the whole request and
queues it. So a client that sends half a request, or takes its answer slowly, holds up a thread that has nothing else to
do, and there are no more connections to the database than threads that answer, however many clients there are.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any

from scheduler_project.environment import env

MAX_BODY_BYTES = 1_200_000 * env.int("IMPORT_MAX_MB", default=50)
"""More than any form of ours accepts: a file, and its fields."""
_IN_MEMORY_BYTES = 256_000
_CHUNK_BYTES = 64 * 1024
Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Queued:
    """A WSGI application that lets another one answer in a few threads of its own, first come, first served."""

    def __init__(self, application: Application, threads: int) -> None:
        self._application = application
        # Neither starts a thread before its first request, so both may be made before a fork.
        self._few = ThreadPoolExecutor(threads, thread_name_prefix="answers")
        self._oversized = ThreadPoolExecutor(1, thread_name_prefix="discards")

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        body = _received(environ)
        if body is None:
            # Its form says that it is too large. That takes as long as the client sends, but no thread of the others.
            return self._oversized.submit(self._answer, environ, start_response).result()
        with body:
            return self._few.submit(self._answer, {**environ, "wsgi.input": body}, start_response).result()

    def _answer(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        response = self._application(environ, start_response)
        if getattr(response, "streaming", True):
            # A file, from which the thread of the client reads as fast as the client does.
            return response
        try:
            return [b"".join(response)]
        finally:
            # Here and now, because this thread has the connections that the end of a request gives back.
            response.close()  # type: ignore[attr-defined]


def _received(environ: dict[str, Any]) -> IO[bytes] | None:
    """Return the body once all of it has arrived; None if it is larger than any form accepts, and still arriving."""
    is_chunked = bool(environ.get("HTTP_TRANSFER_ENCODING"))
    left = MAX_BODY_BYTES if is_chunked else int(environ.get("CONTENT_LENGTH") or 0)
    if left > MAX_BODY_BYTES:
        return None
    if left <= _CHUNK_BYTES:
        return io.BytesIO(environ["wsgi.input"].read(left) if left else b"")
    # Closed by its caller, also when the client goes away meanwhile: then by its end.
    body: IO[bytes] = tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES)  # noqa: SIM115
    while left and (chunk := environ["wsgi.input"].read(min(left, _CHUNK_BYTES))):
        body.write(chunk)
        left -= len(chunk)
    body.seek(0)
    return body
