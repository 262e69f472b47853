"""Clients: each is a thread with one connection that is kept alive, and asks for the next page when it has the last.

A request is an error if no answer arrives within the time-out, if it is that of a server (5xx), or if it is not what a
planner expects: a page (200), or after a save the way to the list (302).
"""

from __future__ import annotations

import http.client
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from benchmarks.load.forms import fields_of
from benchmarks.load.mix import ASSIGNMENT, MIX, SAVE, addresses
from benchmarks.load.stage import PASSWORD

TIMEOUT_SECONDS = 60
PATIENCE_SECONDS = 0.5
"""How long a client waits after an error, as somebody who reads it and tries again."""
_FORM = "scheduleassignment_form"


class Lost(Exception):
    """A request without the answer that was expected."""


@dataclass
class Record:
    """What came of the requests of all clients together."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in (*MIX, "saved")})
    lost: Counter[str] = field(default_factory=Counter)

    @property
    def all_seconds(self) -> list[float]:
        return sorted(second for seconds in self.seconds.values() for second in seconds)


class Client:
    """A browser with the cookies of a planner."""

    def __init__(self, port: int, cookies: Mapping[str, str] | None = None) -> None:
        self._port = port
        self._cookies = dict(cookies or {})
        self._connection: http.client.HTTPConnection | None = None

    @property
    def cookies(self) -> Mapping[str, str]:
        return self._cookies

    def log_in(self, name: str) -> None:
        page = self.get("/admin/login/")
        token = dict(fields_of(page, "login-form"))["csrfmiddlewaretoken"]
        self.post("/admin/login/?next=/admin/", {"csrfmiddlewaretoken": token, "username": name, "password": PASSWORD})

    def get(self, address: str) -> str:
        return self._request("GET", address, 200)

    def post(self, address: str, fields: Mapping[str, str] | list[tuple[str, str]]) -> None:
        self._request("POST", address, 302, urlencode(fields))

    def _request(self, method: str, address: str, expected: int, body: str | None = None) -> str:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=TIMEOUT_SECONDS)
        try:
            self._connection.request(method, address, body, headers)
            response = self._connection.getresponse()
            page = response.read().decode()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise Lost(type(error).__name__) from error
        for name, value in response.headers.items():
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                self._cookies[key] = rest.partition(";")[0]
        if response.status != expected:
            raise Lost(f"{method} {address} {response.status}")
        return page

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Crowd:
    """So many clients at once. Each does what the mix says, in an order of its own that is the same in every run."""

    def __init__(self, port: int, staged: Mapping[str, Any]) -> None:
        self._port, self._addresses, self._own = port, addresses(staged["rows"]), staged["assignments"]
        self._sessions = []
        for name in staged["planners"]:
            client = Client(port)
            client.log_in(name)
            client.close()
            self._sessions.append(client.cookies)

    def run(self, clients: int, seconds: float, beside: Callable[[], None] | None = None) -> Record:
        """Let them work for so long; return what came of it. ``beside`` runs meanwhile, in this thread."""
        record, ends = Record(), time.monotonic() + seconds
        threads = [
            threading.Thread(target=self._work, args=(number, ends, record), name=f"client-{number}")
            for number in range(clients)
        ]
        for thread in threads:
            thread.start()
        if beside is not None:
            beside()
        for thread in threads:
            thread.join()
        return record

    def warm_up(self) -> None:
        """Ask for each page twice, so that most workers have answered it once."""
        for session in self._sessions[:2]:
            client = Client(self._port, session)
            for address in self._addresses.values():
                client.get(address)
            client.close()

    def _work(self, number: int, ends: float, record: Record) -> None:
        client = Client(self._port, self._sessions[number % len(self._sessions)])
        order = random.Random(number)
        while time.monotonic() < ends:
            (step,) = order.choices(list(MIX), list(MIX.values()))
            try:
                if step == SAVE:
                    self._save(client, self._own[number % len(self._own)], record)
                else:
                    _timed(record, step, client.get, self._addresses[step])
            except Lost as error:
                record.lost[str(error)] += 1
                time.sleep(PATIENCE_SECONDS)
        client.close()

    def _save(self, client: Client, assignment: int, record: Record) -> None:
        address = ASSIGNMENT.format(assignment)
        page = _timed(record, SAVE, client.get, address)
        fields = [(name, value) for name, value in fields_of(page, _FORM) if name != "notes"]
        _timed(record, "saved", client.post, address, [*fields, ("notes", f"At {time.monotonic()}"), ("_save", "Save")])


def _timed(record: Record, step: str, act: Callable[..., Any], *arguments: Any) -> Any:
    started = time.monotonic()
    answer = act(*arguments)
    record.seconds[step].append(time.monotonic() - started)
    return answer
