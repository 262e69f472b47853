"""When the renewal of an entry is due."""

import pytest

from caching.coherence.publishing import publisher
from caching.reading.aging import aging, expires_at
from caching.reading.tiers import Entry


@pytest.fixture
def entry() -> Entry:
    stamp = publisher.store.stamp(["general"])
    assert stamp is not None
    return Entry(1, stamp, 200.0)


class AgingTests:
    def test_is_due_between_eight_and_nine_tenths_of_its_life(self, entry: Entry) -> None:
        for _ in range(100):
            found = aging(entry, 100.0)
            assert 180.0 <= found.deadline <= 190.0
            assert (expires_at(found), found.value, found.stamp) == (200.0, 1, entry.stamp)

    def test_entries_of_one_moment_are_due_at_moments_of_their_own(self, entry: Entry) -> None:
        assert len({aging(entry, 100.0).deadline for _ in range(100)}) > 90

    def test_what_has_expired_is_not_renewed(self, entry: Entry) -> None:
        assert aging(entry, 200.0) is entry
        assert expires_at(entry) == 200.0
