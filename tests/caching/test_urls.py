"""The paths of the pages for programs: other programs call them."""

from django.urls import reverse


class UrlsTests:
    def test_are_fixed(self) -> None:
        assert [reverse(f"caching:{name}") for name in ("stats", "metrics")] == ["/api/cache/stats/", "/metrics"]
