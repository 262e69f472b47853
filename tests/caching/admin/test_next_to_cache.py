"""What to cache next, as the page shows it."""

from collections.abc import Iterator

import pytest
from django.test import Client

from caching.admin.next_to_cache import MAX_LINES, next_to_cache
from caching.monitoring.repeated_selects import selects
from tests.caching.admin.conftest import PAGE

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _afresh() -> Iterator[None]:
    selects.forget()
    yield
    selects.forget()


class NextToCacheTests:
    def test_the_most_time_comes_first_in_words(self) -> None:
        for _ in range(2000):
            selects.note("SELECT often FROM t", 1_000_000)
        for _ in range(2):
            selects.note("SELECT long FROM t WHERE a = 'amy'", 5_000_000_000)
        assert [(line.text, line.count, line.time, line.mean) for line in next_to_cache()] == [
            ("SELECT long FROM t WHERE a = ?", "2", "10.0 s", "5.0 s"),
            ("SELECT often FROM t", "2,000", "2.0 s", "1.0 ms"),
        ]

    def test_is_not_endless(self) -> None:
        for number in range(2 * MAX_LINES):
            for _ in range(2):
                selects.note(f"SELECT column_{'x' * number} FROM t", 10**6)
        assert len(next_to_cache()) == MAX_LINES

    def test_the_page_shows_it_escaped_and_notes_no_query_about_the_cache(self, admin_client: Client) -> None:
        for _ in range(2):
            selects.note('SELECT "<b>" FROM "t"', 10**9)
        page = admin_client.get(PAGE).text
        assert "SELECT &quot;&lt;b&gt;&quot; FROM &quot;t&quot;" in page
        assert not any("caching_" in shape for shape in selects._shapes)
