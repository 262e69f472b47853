import io
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.http import FileResponse, HttpResponse

from scheduler_project.queueing import MAX_BODY_BYTES, Queued
from scheduling.imports.engine.files import MAX_BYTES


class Slow:
    """The body of a client that sends its second half when told to. As in gunicorn, a read waits for all of it."""

    def __init__(self, half: int) -> None:
        self.goes_on = threading.Event()
        self._half, self._place = half, 0

    def read(self, size: int = -1) -> bytes:
        until = min(2 * self._half, self._place + size if size >= 0 else 2 * self._half)
        if until > self._half:
            assert self.goes_on.wait(30)
        length, self._place = until - self._place, until
        return bytes(length)


def request(body: Any = None, length: int = 0, **more: str) -> dict[str, Any]:
    return {"wsgi.input": body or io.BytesIO(), "CONTENT_LENGTH": str(length) if length else "", **more}


def ask(application: Queued, environ: dict[str, Any]) -> bytes:
    return b"".join(application(environ, lambda status, headers: None))


def echo(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer with the length of the body and the kind of thread that has read it."""
    length = len(environ["wsgi.input"].read())
    return HttpResponse(f"{length} {threading.current_thread().name.partition('_')[0]}")


@pytest.fixture
def clients() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(10) as clients:
        yield clients


class QueuedTests:
    def test_a_few_threads_answer_however_many_clients_ask(self, clients: ThreadPoolExecutor) -> None:
        busy, most, both = [], [], threading.Barrier(2)

        def count(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
            busy.append(1)
            most.append(len(busy))
            both.wait(30)
            busy.pop()
            return HttpResponse()

        application = Queued(count, threads=2)
        list(clients.map(lambda _: ask(application, request()), range(10)))

        assert max(most) == 2

    @pytest.mark.parametrize("half", [100, 40_000, 400_000, MAX_BODY_BYTES])
    def test_half_a_body_keeps_nobody_waiting(self, clients: ThreadPoolExecutor, half: int) -> None:
        application, body = Queued(echo, threads=1), Slow(half)
        slow = clients.submit(ask, application, request(body, 2 * half))

        assert ask(application, request()) == b"0 answers"
        assert not slow.done()
        body.goes_on.set()
        kind = "discards" if 2 * half > MAX_BODY_BYTES else "answers"
        assert slow.result(30).decode() == f"{2 * half} {kind}"

    def test_a_body_arrives_whole(self) -> None:
        for length in (1, 70_000, 3_000_000):
            assert ask(Queued(echo, threads=1), request(io.BytesIO(bytes(length)), length)) == b"%d answers" % length

    def test_a_body_in_chunks_arrives_whole(self) -> None:
        environ = request(io.BytesIO(bytes(3_000_000)), HTTP_TRANSFER_ENCODING="chunked")
        assert ask(Queued(echo, threads=1), environ) == b"3000000 answers"

    def test_a_body_that_is_too_large_has_a_thread_of_its_own(self) -> None:
        length = MAX_BODY_BYTES + 1
        assert ask(Queued(echo, threads=1), request(io.BytesIO(bytes(length)), length)) == b"%d discards" % length

    def test_the_largest_file_of_an_import_is_not_too_large(self) -> None:
        assert MAX_BODY_BYTES > 1.1 * MAX_BYTES

    def test_a_response_ends_in_the_thread_that_gave_it(self) -> None:
        ended = []
        response = HttpResponse(b"x")
        response.close = lambda: ended.append(threading.current_thread().name)  # type: ignore[method-assign]

        assert ask(Queued(lambda environ, start_response: response, threads=1), request()) == b"x"
        assert ended == ["answers_0"]

    def test_a_file_is_read_by_the_thread_of_its_client(self) -> None:
        response = FileResponse(io.BytesIO(b"x"))
        application = Queued(lambda environ, start_response: response, threads=1)
        assert application(request(), lambda status, headers: None) is response
        response.close()

    def test_an_exception_is_that_of_the_caller(self) -> None:
        def fail(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            ask(Queued(fail, threads=1), request())
