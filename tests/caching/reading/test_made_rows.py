"""Rows of which fields, constructors or queries make something: every door gives what Django's own query gives."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db.models.signals import post_init
from django.utils import translation

from caching import CachedGroup, CachedLookup, Uncacheable, cache_manager, cached
from tests.caching.coherence.world import asks_the_database
from tests.caching.installing import installed_app, tables_of
from tests.caching.reading.making import (
    ALL,
    Account,
    Asking,
    AskingByField,
    Called,
    Copied,
    Counting,
    Decoded,
    Dotting,
    Errand,
    Greeting,
    Made,
    Marked,
    Payment,
    Phone,
    Secret,
    State,
    Translated,
)
from tests.caching.reading.models import Client

pytestmark = pytest.mark.django_db(transaction=True)


def _without_own_tier(lookup: Any) -> None:
    lookup.kind.entries.drop()


DOORS: dict[str, Callable[[Any], Any]] = {
    "miss": lambda lookup: lookup.get(1),
    "hit": lambda lookup: (lookup.get(1), lookup.get(1))[1],
    "many": lambda lookup: lookup.get_many([1, 2])[1],
    "hit of many": lambda lookup: (lookup.get_many([1, 2]), lookup.get_many([1])[1])[1],
    "warm": lambda lookup: (lookup.warm([1]), lookup.get(1))[1],
    "shared": lambda lookup: (lookup.get(1), _without_own_tier(lookup), lookup.get(1))[2],
    "async miss": lambda lookup: asyncio.run(lookup.aget(1)),
    "async hit": lambda lookup: (lookup.get(1), asyncio.run(lookup.aget(1)))[1],
}
each_door = pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)


@pytest.fixture(autouse=True)
def _tables(watching: Any, file_tier: Path) -> Iterator[None]:
    with installed_app("tests.caching.reading.apps.TestsOfReadingConfig"), tables_of(ALL):
        yield


def lookup(model: Any, **options: Any) -> CachedLookup[Any]:
    return CachedLookup(model, "id", cache_type="rule", kind=model.__name__.lower(), **options)


def state(row: Any) -> dict[str, Any]:
    return {name: value for name, value in vars(row).items() if name != "_state"}


def add_mark(instance: Any, **kwargs: Any) -> None:
    instance.name += "!"


@each_door
class ConstructionTests:
    @pytest.mark.parametrize("model", [Called, Counting, Decoded, Dotting, Marked])
    def test_is_done_once_with_what_the_columns_hold(self, model: Any, door: Any) -> None:
        model().save()
        assert state(door(lookup(model))) == state(model.objects.get(pk=1))

    def test_by_from_db_is_done_once(self, door: Any) -> None:
        Account(name="amy", number="encrypted 5").save()
        Payment.objects.create(account_id=1)
        assert door(lookup(Account)).number == "5"
        assert door(lookup(Payment, select_related=("account",))).account.number == "5"

    def test_by_a_receiver_is_done_once(self, door: Any) -> None:
        Client.objects.create(number=1, name="amy")
        post_init.connect(add_mark, sender=Client)
        try:
            assert door(lookup(Client)).name == "amy!"
        finally:
            post_init.disconnect(add_mark, sender=Client)

    def test_that_asks_the_database_is_not_done_in_an_event_loop(self, door: Any) -> None:
        Client.objects.create(number=1, name="amy")
        Asking().save()
        AskingByField().save()
        assert door(lookup(Asking)).clients == 1
        assert door(lookup(AskingByField)).value == "1 of 1"


@each_door
class FieldTests:
    def test_that_asks_for_the_language_gives_each_reader_his_own(self, door: Any) -> None:
        Made().save()
        made = lookup(Made)
        for language, label in (("de", "Haus"), ("en", "house"), ("de", "Haus")):
            with translation.override(language):
                row = door(made)
                assert (row.label, row.same_label) == (label, label)

    def test_that_asks_for_the_language_does_so_where_rows_are_loaded_as_instances(self, door: Any) -> None:
        Greeting().save()
        greetings = lookup(Greeting)
        for language, text in (("de", "hallo"), ("en", "hello"), ("de", "hallo")):
            with translation.override(language):
                assert door(greetings).text == text

    def test_gives_what_it_makes_with_its_type(self, door: Any) -> None:
        Made(thing=Client(pk=5, name="amy")).save()
        made = door(lookup(Made))
        assert (made.secret, type(made.secret), type(made.same_secret)) == ("s", Secret, Secret)
        assert made.thing.name == "amy"
        made.words.append("changed")
        assert door(lookup(Made)).words == ["a", "b"]

    def test_gives_what_a_lenient_equality_would_hide(self, door: Any) -> None:
        Made().save()
        assert door(lookup(Made)).version.text == "1.0"


@each_door
class QueryTests:
    def test_that_asks_for_other_columns_gives_the_rows_of_django(self, door: Any) -> None:
        Translated().save()
        found = door(lookup(Translated))
        assert (found.name, found.name_before, found.german) == ("amy", "amy", "Amalia")


class KeyTests:
    def test_are_of_the_values_asked_for_whatever_columns_a_query_asks_for(self) -> None:
        Translated().save()
        by_name = CachedLookup(Translated, "key", cache_type="rule", kind="translated keys")
        assert by_name.get_many_pks(["k"])[0] == {"k": 1}


class MadeValueTests:
    """Look-ups by a field that makes something of its column: what the column holds is what counts."""

    def test_are_asked_for_by_what_the_field_takes(self) -> None:
        Errand.objects.create(code=State.OPEN)
        by_code = CachedLookup(Errand, "code", cache_type="rule", kind="errand codes")
        by_state = CachedGroup(Errand, "state", cache_type="rule", kind="errand states")
        for _ in ("a miss", "a hit"):
            for value in (State.OPEN, "open"):
                assert by_code.get(value).code is State.OPEN
                assert [row.state for row in by_state.get(value)] == [State.OPEN]
        assert not asks_the_database(lambda: (by_code.get(State.OPEN), by_state.get("open")))

    def test_give_many_by_what_the_column_holds(self) -> None:
        for value in ("open", "closed", "done"):
            Errand.objects.create(state=value, code=value)
        values = [State.OPEN, "closed", "done"]
        by_code = CachedLookup(Errand, "code", cache_type="rule", kind="errand codes")
        by_state = CachedGroup(Errand, "state", cache_type="rule", kind="errand states")
        assert by_code.get_many_pks(values)[0] == {"open": 1, "closed": 2, "done": 3}
        for make in (lambda: None, lambda: (by_code.warm(values), by_state.warm(values))):
            cache_manager.clear()
            make()
            for _ in ("a miss", "a hit"):
                assert {key: row.pk for key, row in by_code.get_many(values).items()} == {
                    "open": 1,
                    "closed": 2,
                    "done": 3,
                }
                found = by_state.get_many(values).items()
                assert {key: [row.pk for row in rows] for key, rows in found} == {
                    "open": [1],
                    "closed": [2],
                    "done": [3],
                }

    def test_follow_each_write(self) -> None:
        row = Errand.objects.create(code="open")
        by_code = CachedLookup(Errand, "code", cache_type="rule", kind="errand codes")
        by_state = CachedGroup(Errand, "state", cache_type="rule", kind="errand states")

        def counts() -> list[int]:
            return [len(by_state.get(state)) for state in State]

        assert counts() == [1, 0]
        assert by_code.get("done") is None
        row.state = row.code = State.DONE
        row.save()
        assert counts() == [0, 1]
        assert by_code.get(State.DONE).pk == row.pk
        Errand.objects.filter(pk=row.pk).update(state=State.OPEN)
        assert counts() == [1, 0]
        row.state = "done"
        Errand.objects.bulk_update([row], ["state"])
        assert counts() == [0, 1]
        Errand.objects.create(state="open")
        assert counts() == [1, 1]

    def test_follow_a_bulk_update_that_prepares_what_it_is_given(self) -> None:
        row = Errand.objects.create(phone="+49 1")
        by_phone = CachedGroup(Errand, "phone", cache_type="rule", kind="errand phones")
        assert len(by_phone.get("+491")) == 1
        assert by_phone.get("+492") == []
        row.phone = "+49 2"
        Errand.objects.bulk_update([row], ["phone"])
        assert (by_phone.get("+4 91"), len(by_phone.get("+492"))) == ([], 1)

    @pytest.mark.parametrize("name", ["dial", "made_dial"])
    def test_ask_a_field_that_asks_for_the_language_each_time(self, name: str) -> None:
        Errand.objects.bulk_create([Errand(**{name: "+441"}), Errand(**{name: "+491"})])
        by_dial = CachedLookup(Errand, name, cache_type="rule", kind=f"errand {name}")
        for _ in ("a miss", "a hit"):
            for language, found in (("en", "+441"), ("de", "+491")):
                with translation.override(language):
                    assert getattr(by_dial.get("1"), name) == found
                    assert list(by_dial.get_many(["1"])) == [found]

    @pytest.mark.parametrize("name", ["dial", "made_dial"])
    def test_take_what_is_prepared_as_none_for_none(self, name: str) -> None:
        row = Errand.objects.create(**{name: ""})
        by_dial = CachedGroup(Errand, name, cache_type="rule", kind=f"errands {name}")
        for _ in ("a miss", "a hit"):
            for value in ("", None):
                assert by_dial.get(value) == [row] == list(Errand.objects.filter(**{name: value}))
                assert by_dial.get_many([value, "+1"]) == {None: [row], "+1": []}

    def test_read_a_value_back_from_its_key(self) -> None:
        by_dial = CachedLookup(Errand, "made_dial", cache_type="rule", kind="errand keys")
        assert by_dial.value_of(by_dial.key("+441")) == "+441"

    def test_begin_with_the_newest_values(self) -> None:
        Errand.objects.create(code="open")
        by_code = CachedLookup(Errand, "code", cache_type="rule", kind="errand codes")
        assert by_code.newest_values(5) == ["open"]


class GroupTests:
    def test_by_a_field_that_from_db_changes_has_its_rows(self) -> None:
        Account(name="amy", number="encrypted 5").save()
        group = CachedGroup(Account, "name", cache_type="rule", kind="accounts")
        for _ in range(2):
            assert [row.name for row in group.get_many(["amy", "bo"])["amy"]] == ["Amy"]
            assert [row.name for row in group.get("amy")] == ["Amy"]

    def test_of_a_manager_that_marks_its_rows_says_that_it_passes_the_cache(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        Marked().save()
        with caplog.at_level(logging.WARNING, "caching"):
            assert lookup(Marked).get(1)._language == "de"
        assert "_language" in caplog.text

    def test_of_a_manager_that_hands_out_copies_are_held(self, caplog: pytest.LogCaptureFixture) -> None:
        Copied().save()
        rows = lookup(Copied)
        with caplog.at_level(logging.WARNING, "caching"):
            assert rows.get(1).name == "amy"
        assert not asks_the_database(lambda: rows.get(1))
        assert "pass the cache" not in caplog.text


class FunctionTests:
    @pytest.mark.parametrize(
        ("model", "what"), [(Account, "not encrypted"), (Counting, r"\(reads\)"), (Dotting, r"\(name\)")]
    )
    def test_that_gives_rows_which_would_be_constructed_twice_is_refused(
        self, model: Any, what: str, watching: Any
    ) -> None:
        watching(model)
        row = model()
        if model is Account:
            row.number = "encrypted 5"
        row.save()
        with pytest.raises(Uncacheable, match=f"{model.__name__} cannot be cached.*{what}"):
            cache_manager.get_or_load("rule", "row:1", lambda: model.objects.get(pk=1), depends_on=[model])

    def test_that_gives_rows_whose_query_marks_them_is_refused(self, watching: Any) -> None:
        watching(Marked)
        Marked().save()
        with pytest.raises(Uncacheable, match="_language"):
            cache_manager.get_or_load("rule", "row:1", lambda: Marked.objects.get(pk=1), depends_on=[Marked])

    def test_may_give_rows_with_what_was_computed_in_them(self, watching: Any) -> None:
        watching(Client)
        Client.objects.create(number=1, name="amy")

        def load() -> Any:
            client: Any = Client.objects.get(pk=1)
            client._permissions = {"all"}
            return client

        found = [cache_manager.get_or_load("rule", "row:1", load, depends_on=[Client]).name for _ in range(2)]
        assert found == ["amy", "amy"]

    def test_may_give_rows_whose_fields_make_something(self, watching: Any) -> None:
        watching(Made)
        Made(thing=Client(pk=5, name="amy")).save()
        for _ in range(2):
            made = cache_manager.get_or_load("rule", "row:1", lambda: Made.objects.get(pk=1), depends_on=[Made])
            assert (made.secret, type(made.secret), made.words) == ("s", Secret, ["a", "b"])
            assert (made.__dict__["same_secret"], type(made.same_secret)) == ("s", Secret)
            assert (made.version.text, made.thing.name) == ("1.0", "amy")

    def test_may_give_rows_of_a_field_that_asks_for_the_language(self, watching: Any) -> None:
        watching(Greeting)
        Greeting().save()
        for language, text in (("de", "hallo"), ("en", "hello"), ("de", "hallo")):
            with translation.override(language):
                row = cache_manager.get_or_load(
                    "rule", "row:1", lambda: Greeting.objects.get(pk=1), depends_on=[Greeting]
                )
                assert row.text == text

    def test_may_give_rows_of_which_a_descriptor_makes_something(self, watching: Any) -> None:
        watching(Called)
        Called().save()
        for _ in range(2):
            called = cache_manager.get_or_load("rule", "row:1", lambda: Called.objects.get(pk=1), depends_on=[Called])
            assert called.phone == Phone("+49")
            called.phone.number = "changed"

    def test_may_give_rows_that_ask_the_database_to_a_coroutine(self, watching: Any) -> None:
        watching(Asking)
        Asking().save()

        @cached("rule", lambda: "asking:1", depends_on=[Asking])
        async def asking() -> Any:
            return [await Asking.objects.aget(pk=1)]

        async def twice() -> list[Any]:
            return [(await asking())[0].clients for _ in range(2)]

        assert asyncio.run(twice()) == [0, 0]
