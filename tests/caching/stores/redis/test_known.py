"""What a mirror knows: nothing that may have changed since it was asked for, and an epoch for each state."""

from collections.abc import Callable

import pytest

from caching.stores.redis.known import KnownGenerations

A, B = b"a", b"b"


@pytest.fixture
def known() -> KnownGenerations:
    known = KnownGenerations()
    known.take_reply({A: 1}, known.before_request())
    return known


class ReplyTests:
    def test_is_remembered(self, known: KnownGenerations) -> None:
        assert known == {A: 1}

    def test_leaves_out_what_is_pending(self, known: KnownGenerations) -> None:
        known.take_reply({B: None}, known.before_request())
        assert B not in known

    def test_leaves_out_what_was_pushed_since_the_request(self, known: KnownGenerations) -> None:
        forgotten = known.before_request()
        known.take_push([B])
        known.take_reply({A: 1, B: 2}, forgotten)
        assert known == {A: 1}

    @pytest.mark.parametrize("change", [lambda known: known.forget([B]), lambda known: known.take_push(None)])
    def test_is_nothing_after_an_own_write_or_a_flush_since_the_request(
        self, known: KnownGenerations, change: Callable[[KnownGenerations], None]
    ) -> None:
        forgotten = known.before_request()
        change(known)
        known.take_reply({B: 2}, forgotten)
        assert B not in known


class PushTests:
    def test_is_not_kept_for_a_reply_that_nobody_awaits(self, known: KnownGenerations) -> None:
        known.take_push([b"%d" % number for number in range(1000)])
        assert not known._pushed
        known.take_reply({B: 2}, known.before_request())
        assert known == {A: 1, B: 2}


class EpochTests:
    @pytest.mark.parametrize(
        "change",
        [
            lambda known: known.forget([A]),
            lambda known: known.take_push([A]),
            lambda known: known.take_push(None),
            lambda known: known.take_reply({A: 2}, known.before_request()),
        ],
        ids=["own write", "push", "flush", "another generation"],
    )
    def test_ends_with_each_change(self, known: KnownGenerations, change: Callable[[KnownGenerations], None]) -> None:
        before = known.epoch
        change(known)
        assert known.epoch > before

    def test_goes_on_when_more_becomes_known(self, known: KnownGenerations) -> None:
        before = known.epoch
        known.take_reply({A: 1, B: 2}, known.before_request())
        assert known.epoch == before

    def test_goes_on_after_a_push_about_what_is_not_known(self, known: KnownGenerations) -> None:
        before = known.epoch
        known.take_push([B])
        assert known.epoch == before

    def test_is_never_that_of_an_earlier_mirror(self, known: KnownGenerations) -> None:
        assert KnownGenerations().epoch > known.epoch
