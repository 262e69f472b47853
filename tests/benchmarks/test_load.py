"""The parts of the load: what a browser sends back, which answers count, and the percentiles."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from benchmarks.load.__main__ import _percentile
from benchmarks.load.clients import Client, Lost
from benchmarks.load.forms import fields_of
from benchmarks.load.mix import ADDRESSES, MIX, SAVE

PAGE = """
<form id="search"><input name="q" value="no"></form>
<form id="row"><input type="hidden" name="token" value="a&amp;b"><input name="text">
<input type="checkbox" name="on" checked><input type="checkbox" name="off">
<select name="choice"><option value="1">One</option><option value="2" selected>Two</option></select>
<textarea name="notes">
First
second</textarea><input type="submit" name="_save" value="Save"></form>
"""


class FieldsOfTests:
    def test_returns_what_a_browser_sends(self) -> None:
        assert fields_of(PAGE, "row") == [
            *(("token", "a&b"), ("text", ""), ("on", "on"), ("choice", "2"), ("notes", "First\nsecond")),
        ]


class MixTests:
    def test_every_page_has_an_address(self) -> None:
        assert {*ADDRESSES, SAVE} == MIX.keys()
        assert sum(MIX.values()) == 100


class PercentileTests:
    def test_is_the_value_that_so_many_are_below(self) -> None:
        seconds = [number / 1000 for number in range(100)]
        assert [_percentile(seconds, percent) for percent in (50, 95, 99)] == [50, 95, 99]
        assert _percentile([], 50) == 0


class Answering(BaseHTTPRequestHandler):
    """Answers /200 with 200, /500 with 500, and /gone not at all."""

    def do_GET(self) -> None:
        if self.path == "/gone":
            return
        self.send_response(int(self.path[1:]))
        self.send_header("Set-Cookie", "sessionid=mine; HttpOnly")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *about: object) -> None:
        return


class ClientTests:
    @pytest.fixture
    def client(self) -> Iterator[Client]:
        with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            client = Client(server.server_address[1])
            yield client
            client.close()
            server.shutdown()

    def test_keeps_the_cookies(self, client: Client) -> None:
        client.get("/200")
        assert client.cookies == {"sessionid": "mine"}

    @pytest.mark.parametrize(("address", "reason"), [("/500", "GET /500 500"), ("/gone", "RemoteDisconnected")])
    def test_an_answer_that_is_not_expected_is_lost(self, client: Client, address: str, reason: str) -> None:
        with pytest.raises(Lost, match=reason):
            client.get(address)
        client.get("/200")
