"""What every store of generations promises: a test module gives ``store``, ``other`` and ``tick``.

``other`` is a second store on the same generations, as another process has it; ``tick`` lets seconds pass for both.
"""

from collections.abc import Callable

from msgspec import structs

from caching.stores.generations import GenerationStore, Stamp

INTENT_SECONDS = 30.0
TAGS = ("m.A#1", "m.A/+")
Tick = Callable[[float], None]


def stamped(store: GenerationStore, *tags: str) -> Stamp:
    stamp = store.stamp(tags or TAGS)
    assert stamp is not None, "a tag is pending"
    return stamp


class StampContract:
    def test_holds_while_nothing_is_written(self, store: GenerationStore) -> None:
        assert store.holds(stamped(store))

    def test_is_seen_by_every_store_of_the_generations(self, store: GenerationStore, other: GenerationStore) -> None:
        stamp = stamped(store)
        assert other.stamp(TAGS) is not None
        assert other.holds(stamp)
        assert stamped(other).generations == stamp.generations

        other.publish(TAGS[:1])

        assert not store.holds(stamp)

    def test_comes_back_from_a_shared_tier(self, store: GenerationStore) -> None:
        stamp = stamped(store)
        restored = store.restore(stamp.identity, stamp.tags, stamp.generations)
        assert restored is not None
        assert store.holds(restored)
        store.publish(TAGS[:1])
        assert not store.holds(restored)

    def test_of_another_store_does_not_come_back(self, store: GenerationStore) -> None:
        stamp = stamped(store)
        assert store.restore(b"another one", stamp.tags, stamp.generations) is None

    def test_of_one_tag_is_not_touched_by_another(self, store: GenerationStore) -> None:
        stamp = stamped(store, "m.A#1")
        store.publish(["m.A#2"])
        assert store.holds(stamp)

    def test_is_checked_among_others(self, store: GenerationStore, other: GenerationStore) -> None:
        kept, gone, pending = (stamped(store, tag) for tag in ("m.A#1", "m.A#2", "m.A#3"))
        other.publish(["m.A#2"])
        other.begin(["m.A#3"])
        foreign = structs.replace(kept, identity=b"another one", generations=(-1,))

        assert store.holding([gone, kept, foreign, pending, kept]) == [False, True, False, False, True]
        # By a store that knows none of the tags yet.
        assert other.holding([kept, gone]) == [True, False]
        assert store.holding([]) == []

    def test_is_taken_of_several_groups_at_once(self, store: GenerationStore) -> None:
        store.begin(["c"])
        one, two, none = store.stamps([["a", "b"], ["b"], ["b", "c"]])
        assert one is not None
        assert two is not None
        assert none is None
        assert one.generations[1:] == two.generations
        assert store.holds(one)

    def test_of_no_groups_is_no_stamp(self, store: GenerationStore) -> None:
        assert store.stamps([]) == []


class GenerationContract:
    def test_is_never_reused(self, store: GenerationStore) -> None:
        seen = {stamped(store, "a").generations}
        for _ in range(300):
            store.publish(["a"])
            seen.add(stamped(store, "a").generations)
            store.end(store.begin(["a"]))
            seen.add(stamped(store, "a").generations)
        assert len(seen) == 601

    def test_is_fresh_at_begin_and_at_end(self, store: GenerationStore, tick: Tick) -> None:
        before = stamped(store)
        intent = store.begin(TAGS)
        assert not store.holds(before)
        tick(INTENT_SECONDS)
        expired = stamped(store)
        store.end(intent)
        after = stamped(store)
        assert not store.holds(expired)
        assert not (set(before.generations) & set(expired.generations) & set(after.generations))

    def test_differs_between_two_tags_of_one_publish(self, store: GenerationStore) -> None:
        store.publish(["a", "b", "c"])
        assert len(set(store.read(["a", "b", "c"]))) == 3

    def test_of_no_tags_is_nothing(self, store: GenerationStore) -> None:
        assert store.read([]) == ()
        assert store.read([], afresh=True) == ()

    def test_is_the_same_in_one_view_and_afresh(self, store: GenerationStore, other: GenerationStore) -> None:
        assert store.read(TAGS) == store.read(TAGS, afresh=True) == other.read(TAGS)


class IntentContract:
    def test_leaves_no_stamp_and_no_generation(self, store: GenerationStore, other: GenerationStore) -> None:
        before = stamped(other)
        intent = store.begin(TAGS)
        assert other.stamp(TAGS) is None
        assert other.stamp([*TAGS, "elsewhere"]) is None
        assert other.read([*TAGS, "elsewhere"])[:2] == (None, None)
        assert other.read(["elsewhere"]) != (None,)
        assert not other.holds(before)
        store.end(intent)
        assert other.stamp(TAGS) is not None

    def test_stays_when_another_one_ends(self, store: GenerationStore, other: GenerationStore) -> None:
        first, second = store.begin(TAGS), other.begin(TAGS[:1])
        other.end(second)
        assert store.read(TAGS) == (None, None)
        store.end(first)
        assert None not in store.read(TAGS)

    def test_stays_when_its_tag_is_published(self, store: GenerationStore) -> None:
        intent = store.begin(TAGS)
        store.publish(TAGS)
        assert store.stamp(TAGS) is None
        store.end(intent)
        assert store.stamp(TAGS) is not None

    def test_counts_a_tag_once_however_often_it_is_named(self, store: GenerationStore) -> None:
        store.end(store.begin(["a", "a"]))
        assert store.stamp(["a"]) is not None

    def test_of_no_tags_changes_nothing(self, store: GenerationStore) -> None:
        before = stamped(store)
        store.end(store.begin([]))
        assert store.holds(before)

    def test_expires_into_a_fresh_generation(self, store: GenerationStore, tick: Tick) -> None:
        before = stamped(store)
        store.begin(TAGS)
        tick(INTENT_SECONDS - 5)
        assert store.stamp(TAGS) is None
        tick(5.01)
        after = stamped(store)
        assert not set(before.generations) & set(after.generations)

    def test_expires_for_who_only_reads_too(self, store: GenerationStore, tick: Tick) -> None:
        # The guard of a load is read and never stamped: left pending, nothing of the model is stored until a write.
        store.begin(["m.A/+"])
        tick(INTENT_SECONDS + 0.01)
        assert store.read(["m.A/+"]) != (None,)

    def test_of_a_killed_writer_expires_though_others_go_on_writing(
        self, store: GenerationStore, other: GenerationStore, tick: Tick
    ) -> None:
        # Or one failed COMMIT would keep a model that is written twice a minute out of the cache for ever.
        store.begin(TAGS)
        for _ in range(12):
            tick(INTENT_SECONDS / 3)
            other.end(other.begin(TAGS))
        assert store.stamp(TAGS) is not None

    def test_expires_only_with_the_last_one(self, store: GenerationStore, tick: Tick) -> None:
        store.begin(TAGS)
        tick(20)
        store.begin(TAGS)
        tick(INTENT_SECONDS - 10)
        assert store.stamp(TAGS) is None
        tick(10.01)
        assert store.stamp(TAGS) is not None

    def test_past_its_deadline_takes_nobody_elses_away(
        self, store: GenerationStore, other: GenerationStore, tick: Tick
    ) -> None:
        late = store.begin(TAGS)
        tick(INTENT_SECONDS + 0.001)
        live = other.begin(TAGS)
        store.end(late)
        assert store.stamp(TAGS) is None
        other.end(live)
        assert store.stamp(TAGS) is not None

    def test_that_ends_twice_takes_one_of_its_own_kind_at_most(
        self, store: GenerationStore, other: GenerationStore
    ) -> None:
        first = store.begin(TAGS)
        store.end(first)
        store.end(first)
        second = other.begin(TAGS)
        assert store.stamp(TAGS) is None
        other.end(second)
        assert store.stamp(TAGS) is not None
