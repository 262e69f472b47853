"""Addresses of filtered lists."""

from scheduling.admin.shared.links import changelist_url


class ChangelistUrlTests:
    def test_encodes_the_lookups(self) -> None:
        assert changelist_url("schedule", status__exact="a b") == "/admin/scheduling/schedule/?status__exact=a+b"
