"""No address of the site answers hostile input with a failure. ``make fuzz`` sends more of it, for ten minutes."""

import os
import random
import time
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from django.test import Client
from django.urls import reverse

from tests.hostile.forms import fields_of
from tests.hostile.requests import Place, Sent, places
from tests.hostile.sending import what_is_wrong

NUMBER = 120
"""How many requests a run of the tests sends, chosen by the seed that pytest-randomly prints."""
SECONDS = float(os.environ.get("FUZZ_SECONDS", "0"))


def chosen(found: list[Place]) -> Iterator[Sent]:
    """Yield requests at random, without end; each address has its turn."""
    choose = random.Random(random.getrandbits(32))
    while True:
        for place in choose.sample(found, len(found)):
            yield from place.some(choose, 1)


class EveryAddressTests:
    def test_answers_hostile_input_below_500(self, log_in: Callable[[], Client], admin_client: Client) -> None:
        requests = chosen(places(admin_client))
        if not SECONDS:
            wrong = [what_is_wrong(log_in, sent) for sent in islice(requests, NUMBER)]
            assert [each for each in wrong if each] == []
            return
        ends, sent = time.monotonic() + SECONDS, 0
        while time.monotonic() < ends:
            assert what_is_wrong(log_in, next(requests)) is None
            sent += 1
        print(f"{sent:,} requests to the pages, none of which failed.")  # noqa: T201  (for `make fuzz`)

    def test_is_found(self, site: None, admin_client: Client) -> None:
        names = {place.name for place in places(admin_client)}

        assert {"login", "healthz", "set_language", "app_list", "autocomplete", "auth_user_change"} <= names
        for page in ("changelist", "add", "change", "history", "delete", "import", "process_import", "export"):
            assert f"scheduling_schedule_{page}" in names
        for step in ("submit", "publish", "copy", "new_version"):
            assert f"scheduling_schedule_{step}" in names

    def test_a_failure_is_seen(self, log_in: Callable[[], Client], settings: Any) -> None:
        settings.ROOT_URLCONF = "tests.scheduler_project.broken_urls"

        assert "RuntimeError: as it should" in str(what_is_wrong(log_in, Sent("/fail")))

    def test_the_form_of_a_page_is_what_a_browser_sends(self, admin_client: Client) -> None:
        form = fields_of(admin_client.get(reverse("admin:scheduling_skill_add")).text)

        assert set(form) >= {"name", "description", "_save"}


FOUND = {
    "a key with 5,000 digits": Sent("/admin/scheduling/notification/" + "9" * 5000 + "/change/"),
    "a key that is no key, of a page that is read from the cache": Sent("/admin/scheduling/schedule/%C2%B2/change/"),
    "NUL in a path": Sent("/admin/scheduling/employee/a_00%00/change/"),
    "NUL in a search": Sent("/admin/scheduling/employee/", {"q": ["a\x00b"]}),
    "NUL in a session": Sent("/admin/", cookies={"sessionid": "\x00" * 9}, anonymous=True),
    "a regular expression": Sent("/admin/scheduling/skill/", {"name__regex": ["(a+)+$"]}),
    "half a range": Sent("/admin/scheduling/skill/", {"name__range": ["9999-12-31"]}),
    "a number that no column holds": Sent("/admin/scheduling/skill/", {"id__in": ["1,9223372036854775808"]}),
    "a decimal that no column holds": Sent("/admin/scheduling/employee/", {"hourly_rate__gte": ["1e400"]}),
    "an export with a wrong filter": Sent("/admin/scheduling/department/export/", {"active__in": ["passwd"]}),
    "an export with an unknown filter": Sent("/admin/scheduling/department/export/", {"staffing": ["x"]}),
    "a department with 400 digits": Sent("/admin/scheduling/employee/", {"within": ["9" * 400]}),
    "a skill with 400 digits": Sent("/admin/scheduling/employee/", {"skill": ["9" * 400]}),
    "a shift type with 5,000 digits": Sent("/admin/scheduling/shift/", {"shift_type": ["9" * 5000]}),
    "a moment to begin with": Sent("/admin/scheduling/notification/add/", {"expires_at": ["9223372036854775808"]}),
    "a key to begin with": Sent("/admin/scheduling/schedule/add/", {"department": ["9999-12-27"]}),
    "a selection of an import": Sent("/admin/scheduling/scheduleassignment/import/", {"only": ["shift:" + "9" * 5000]}),
    "selected rows that are none": Sent(
        "/admin/scheduling/skill/", form={"action": ["delete_selected"], "_selected_action": ["x", "9" * 30]}
    ),
    "a choice of many that is none": Sent("/admin/scheduling/employee/add/", form={"skills": ["9" * 30, "\u00b2"]}),
    "a choice of one that is none": Sent("/admin/scheduling/employee/add/", form={"user": ["a' OR 1=1"]}),
    "the last week of the calendar": Sent(
        "/admin/scheduling/schedule/add/", form={"department": ["1"], "week_start": ["9999-12-27"], "version": ["1"]}
    ),
    "the last day of the calendar": Sent(
        "/admin/scheduling/scheduleassignment/add/", form={"date": ["9999-12-31"], "status": ["assigned"]}
    ),
    "a file that never was": Sent(
        "/admin/scheduling/employee/process_import/",
        form={"import_file_name": [".."], "original_file_name": ["x"], "format": ["0"], "resource": ["0"]},
    ),
    "a name of a file that is too long": Sent(
        "/admin/scheduling/employee/process_import/",
        form={"import_file_name": ["a" * 3000], "original_file_name": ["x"], "format": ["0"], "resource": ["0"]},
    ),
    "a form that nobody was shown": Sent("/admin/scheduling/employee/process_import/", form={"format": ["99"]}),
    "rows without end": Sent(
        "/admin/scheduling/schedule/1/change/",
        form={"assignments-TOTAL_FORMS": ["9" * 30], "assignments-INITIAL_FORMS": ["9" * 30]},
    ),
}


def test_what_once_failed_is_answered(log_in: Callable[[], Client]) -> None:
    """In one test: the site costs more than the requests."""
    wrong = {name: what_is_wrong(log_in, sent) for name, sent in FOUND.items()}

    assert {name: what for name, what in wrong.items() if what} == {}
