"""Four workers of gunicorn under load: all who show the counts agree with who has asked, to the last read."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from scheduling.models import Employee
from tests.caching.test_processes import Server, amy, directory, rename_unseen, start_server  # noqa: F401  (fixtures)
from tests.caching.workers import EMAIL
from tests.processes import ROOT, environment

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.long,
]
TOKEN = "a-token-of-the-tests"
WORKERS = 4
HIT_OR_MISS = "cache_gets_total"


class Site:
    """The server with four workers, and the reads that it was asked for."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server, self._directory = server, folder
        self.answered = 1  # the one for which the fixture has waited
        client = Client()
        client.force_login(User.objects.create_superuser("boss"))
        name = django_settings.SESSION_COOKIE_NAME
        self._cookie = f"{name}={client.cookies[name].value}"

    def get(self, path: str) -> str:
        request = Request(f"http://127.0.0.1:{self.server.port}{path}")
        request.add_header(*(("Cookie", self._cookie) if "/admin/" in path else ("Authorization", f"Bearer {TOKEN}")))
        with urlopen(request, timeout=60) as response:  # noqa: S310
            return str(response.read().decode())

    def load(self, reads: int, *, meanwhile: Callable[[], None] = lambda: None) -> int:
        """Read so many times from eight clients; return how many got no answer."""
        with ThreadPoolExecutor(8) as clients:
            answers = [clients.submit(self._ask) for _ in range(reads)]
            meanwhile()
            answered = sum(answer.result() for answer in answers)
        self.answered += answered
        return reads - answered

    def _ask(self) -> bool:
        try:
            self.server.ask()
        except (URLError, HTTPException, ConnectionError):
            return False
        return True

    def holders(self) -> set[int]:
        """Read until each worker has answered from its cache; return their process ids."""
        found: dict[int, int] = {}
        while sum(hits > 0 for hits in found.values()) < WORKERS:
            with ThreadPoolExecutor(8) as clients:
                for answer in clients.map(lambda _: self.server.ask(), range(8)):
                    found[answer.pid] = max(answer.hits, found.get(answer.pid, 0))
                    self.answered += 1
        return set(found)

    def command(self, *arguments: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "manage.py", "cache", *arguments],
            cwd=ROOT,
            env=environment(self._directory),
            capture_output=True,
            text=True,
            timeout=120,
        )
        return done.returncode, done.stdout + done.stderr

    def metric(self, name: str) -> float:
        families = text_string_to_metric_families(self.get("/metrics"))
        return sum(sample.value for family in families for sample in family.samples if sample.name == name)

    def card(self, name: str) -> tuple[str, str]:
        """Return the figure of a card of the page, and the note below it."""
        page = " ".join(self.get("/admin/caching/cachesample/").split())
        found = re.search(
            rf'<dt>{name}</dt> <dd class="cache-value">(.*?)</dd> <dd class="cache-quiet">(.*?)</dd>', page
        )
        assert found, page
        return found[1], found[2]

    def reads(self) -> dict[str, int]:
        """Return the number of reads, as each page and the command show it."""
        return {
            "page": int(self.card("Reads")[0].replace(",", "")),
            "api": json.loads(self.get("/api/cache/stats/"))["total_requests"],
            "history": sum(
                point["total_requests"]
                for point in json.loads(self.get("/api/cache/stats/?since=1h"))["history"]["points"]
            ),
            "metrics": int(self.metric(HIT_OR_MISS)),
            "command": json.loads(self.command("stats", "--format", "json")[1])["total_requests"],
        }


@pytest.fixture
def site(start_server: Callable[..., Server], directory: Path) -> Site:  # noqa: F811
    # With the key of this process, which signs the session of the browser.
    variables = {"CACHE_STATS_TOKEN": TOKEN, "SECRET_KEY": django_settings.SECRET_KEY}
    return Site(start_server(WEB_CONCURRENCY=str(WORKERS), **variables), directory)


def everywhere(reads: int) -> dict[str, int]:
    return dict.fromkeys(("page", "api", "history", "metrics", "command"), reads)


class CountsTests:
    def test_all_agree_under_load_and_after_a_worker_was_killed(self, site: Site) -> None:
        assert site.load(400) == 0
        assert site.reads() == everywhere(site.answered)

        os.kill(next(iter(site.holders())), signal.SIGKILL)
        assert site.reads() == everywhere(site.answered)
        assert site.load(200) == 0
        assert site.reads() == everywhere(site.answered)

        # In the middle of its work: what it has read and not answered is counted.
        victim = next(iter(site.holders()))
        lost = site.load(400, meanwhile=lambda: os.kill(victim, signal.SIGKILL))
        shown = site.reads()
        assert len(set(shown.values())) == 1
        assert site.answered <= shown["page"] <= site.answered + lost


class StaleTests:
    def test_is_found_in_whichever_worker_it_lies(self, site: Site) -> None:
        holders = site.holders()
        rename_unseen("Eve")
        code, said = site.command("verify", "employee")
        assert code == 1
        assert {int(pid) for pid in re.findall(r"process (\d+)", said)} >= holders, said
        assert f"email:{EMAIL}" in said
        assert site.metric("cache_found_stale_total") == WORKERS
        figure, note = site.card("Verified")
        assert note.startswith(f"{WORKERS} of {figure} were stale")

        assert site.command("verify", "employee", "--repair")[0] == 1
        assert site.command("verify", "employee")[0] == 0
        assert {site.server.ask().name for _ in range(5 * WORKERS)} == {"Eve"}
        assert Employee.objects.get(email=EMAIL).first_name == "Eve"
