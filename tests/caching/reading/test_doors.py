"""The same instances from every door: get, get_many, get_many_pks and warm, on a miss and on a hit."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db.models import Value
from django.db.models.expressions import DatabaseDefault
from django.db.models.signals import post_init

from caching import CachedGroup, CachedLookup, cache_manager, rows_where
from tests.caching.coherence.world import asks_the_database
from tests.caching.installing import installed_app, tables_of
from tests.caching.reading.models import (
    Bill,
    Chair,
    Client,
    Code,
    House,
    Loose,
    Opaque,
    Parcel,
    Promise,
    Pub,
    Task,
    Visit,
)

pytestmark = pytest.mark.django_db(transaction=True)

DOORS: dict[str, Callable[[Any, Any], Any]] = {
    "miss": lambda group, value: group.get(value),
    "hit": lambda group, value: (group.get(value), group.get(value))[1],
    "many": lambda group, value: next(iter(group.get_many([value]).values()), None),
    "hit after many": lambda group, value: (group.get_many([value]), group.get(value))[1],
    "several": lambda group, value: list(group.get_many([0, value]).values())[-1],
    "warm": lambda group, value: (group.warm([value]), group.get(value))[1],
    "many after warm": lambda group, value: (group.warm([value]), next(iter(group.get_many([value]).values())))[1],
}
each_door = pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)


@pytest.fixture(autouse=True)
def _tables(watching: Any) -> Iterator[None]:
    made = (Client, Bill, Promise, Task, Parcel, Chair, House, Pub, Visit)
    with installed_app("tests.caching.reading.apps.TestsOfReadingConfig"), tables_of(made):
        yield


@each_door
class JoinTests:
    def test_follows_the_column_that_a_key_refers_to(self, door: Any) -> None:
        by_id = CachedLookup(Bill, "id", cache_type="rule", kind="bill", select_related=("client",))
        amy, bob = Client.objects.create(number=2, name="amy"), Client.objects.create(number=1, name="bob")
        Bill.objects.create(city="Bonn", client=amy)
        Bill.objects.create(city="Rome", client=bob)
        for pk, name in ((1, "amy"), (2, "bob")):
            bill = door(by_id, pk)
            assert (bill.client.name, bill.client_id) == (name, bill.client.number)

    def test_waits_for_a_row_that_a_key_names_and_that_is_not_there(self, door: Any) -> None:
        promises = CachedLookup(Promise, "id", cache_type="rule", kind="promise", select_related=("client",))
        Promise.objects.create(client_id=7)
        found = Promise.objects.select_related("client").filter(pk=1).first()
        assert found is None
        assert promises.get_many_pks([1])[0] == {}
        assert promises.get(1) is None
        assert promises.get_many([1]) == {}
        Client.objects.create(pk=7, number=7, name="late")
        assert door(promises, 1).client.name == "late"
        assert promises.get_many_pks([1])[0] == {1: 1}

    def test_of_a_manager_is_made_and_followed(self, door: Any) -> None:
        visits = CachedLookup(Visit, "id", cache_type="rule", kind="visit")
        Visit.objects.create(client=Client.objects.create(number=2, name="amy"))
        visit = door(visits, 1)
        assert not asks_the_database(lambda: visit.client)
        Client.objects.update(name="eve")
        assert door(visits, 1).client.name == "eve"


@each_door
class InstanceTests:
    def test_keep_the_state_that_their_constructor_gives_them(self, door: Any) -> None:
        tasks = CachedLookup(Task, "id", cache_type="rule", kind="task")
        Task.objects.create(state=Task.State.NEW)
        task = door(tasks, 1)
        assert task.state_before == "new"
        task.state = "done"
        task.save()
        assert tasks.get(1).state_before == "done"

    def test_are_those_of_the_classes_that_the_manager_makes(self, door: Any) -> None:
        houses = CachedLookup(House, "id", cache_type="rule", kind="house")
        Pub.objects.create(city="Bonn", beers=3)
        House.objects.create(city="Bonn")
        assert [type(door(houses, pk)) for pk in (1, 2)] == [Pub, House]
        Pub.objects.update(beers=4)
        assert door(houses, 1).beers == 4

    def test_hold_what_fields_of_their_own_make(self, door: Any) -> None:
        parcels = CachedLookup(Parcel, "id", cache_type="rule", kind="parcel")
        Parcel.objects.create(state="new", code="a1", seal="wax", paper="papers/a.txt")
        parcel = door(parcels, 1)
        assert (parcel.code, type(parcel.code), parcel.seal.text) == ("A1", Code, "wax")
        assert (parcel.paper.name, parcel.paper.instance) == ("papers/a.txt", parcel)

    def test_with_several_columns_as_their_key_are_found(self, door: Any) -> None:
        chairs = CachedLookup(Chair, "code", cache_type="rule", kind="chair")
        Chair.objects.create(row=1, number=2, code="a")
        assert door(chairs, "a").pk == (1, 2)
        assert chairs.get_many_pks(["a"])[0] == {"a": (1, 2)}


class ReceiverTests:
    def test_that_is_connected_later_is_called(self) -> None:
        parcels = CachedLookup(Parcel, "id", cache_type="rule", kind="parcel")
        Parcel.objects.create(state="new")
        assert not hasattr(parcels.get(1), "_sent")

        def remember(instance: Parcel, **kwargs: Any) -> None:
            instance._sent = instance.state  # type: ignore[attr-defined]

        post_init.connect(remember, sender=Parcel)
        try:
            assert parcels.get(1)._sent == "new"
        finally:
            post_init.disconnect(remember, sender=Parcel)
        assert not hasattr(parcels.get(1), "_sent")


class ValueTests:
    def test_an_instance_means_its_key(self) -> None:
        bills = CachedGroup(Bill, "client", cache_type="rule", kind="bills")
        amy = Client.objects.create(number=5, name="amy")
        bill = Bill.objects.create(city="Bonn", client=amy)
        assert bills.get(amy) == bills.get(5) == bills.get(amy) == [bill]
        assert bills.get_many([amy]) == {5: [bill]}
        assert rows_where(Bill, client=amy) == rows_where(Bill, client=5)
        for wrong in (bill, Client(name="unsaved"), Client(number=DatabaseDefault(Value(5)))):
            with pytest.raises(TypeError, match=r"tests_of_reading\.Bill\.client has no such value"):
                bills.get(wrong)

    def test_that_are_equal_and_different_texts_have_answers_of_their_own(self) -> None:
        chairs = CachedLookup(Chair, "code", cache_type="rule", kind="chair")
        for number, code in enumerate(("1", "1.1", "1.10")):
            Chair.objects.create(row=1, number=number, code=code)
        for value in (1, True, 1.0, 1, Decimal("1.1"), Decimal("1.10"), Decimal("1.1")):
            found = Chair.objects.filter(code=value).first()
            assert chairs.get(value) == found, value


class FunctionTests:
    """What @cached functions return."""

    def bills_of(self, client: Client) -> list[tuple[str, str]]:
        found = cache_manager.get_or_load(
            "rule", f"of:{client.pk}", lambda: list(client.bills.all()), depends_on=[Bill, Client]
        )
        return [(bill.city, bill.client.name) for bill in found]

    def test_do_not_store_the_instance_that_was_asked(self, watching: Any) -> None:
        watching(Bill)
        watching(Client)
        Bill.objects.create(city="Bonn", client=Client.objects.create(number=5, name="old"))
        typed = Client.objects.get()
        typed.name = "typed, never saved"
        assert self.bills_of(typed) == [("Bonn", "typed, never saved")]
        assert self.bills_of(Client.objects.get()) == [("Bonn", "old")]

    def test_do_not_store_an_instance_that_is_older_than_the_load(self, watching: Any) -> None:
        watching(Bill)
        watching(Client)
        Bill.objects.create(city="Bonn", client=Client.objects.create(number=5, name="old"))
        held = Client.objects.get()
        Client.objects.update(name="new")
        assert self.bills_of(held) == [("Bonn", "old")]
        assert self.bills_of(Client.objects.get()) == [("Bonn", "new")]
        Client.objects.update(name="newer")
        assert self.bills_of(Client.objects.get()) == [("Bonn", "newer")]

    def test_never_fail_after_they_have_had_their_effect(self, watching: Any) -> None:
        watching(Parcel)

        def made() -> Parcel:
            return cache_manager.get_or_load(
                "rule",
                "made:1",
                lambda: Parcel.objects.get_or_create(pk=1, defaults={"state": Task.State.NEW, "seal": Opaque("wax")})[
                    0
                ],
                depends_on=[Parcel],
            )

        assert [made().state, made().state] == ["new", "new"]
        assert type(made().state) is str
        assert made().seal.text == "wax"
        assert Parcel.objects.count() == 1


class EqualityOfTheDatabaseTests:
    """A table that is not ours may compare texts in its own way, which its field does not say."""

    @pytest.fixture(autouse=True)
    def _unsaid(self, monkeypatch: pytest.MonkeyPatch, _tables: None) -> Iterator[None]:
        code: Any = Loose._meta.get_field("code")
        if connection.vendor == "postgresql":
            # Its collations without regard to case need ICU, which not every server has; it has a type for that.
            monkeypatch.setattr(code, "db_collation", None)
        with tables_of([Loose]):
            monkeypatch.setattr(code, "db_collation", None)
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("CREATE EXTENSION IF NOT EXISTS citext")
                    cursor.execute(f'ALTER TABLE "{Loose._meta.db_table}" ALTER COLUMN code TYPE citext')
            yield

    @each_door
    def test_a_list_has_the_rows_that_a_query_for_its_value_finds(self, door: Any) -> None:
        by_code = CachedGroup(Loose, "code", cache_type="rule", kind="loose_group")
        row = Loose.objects.create(code="amy")
        for code in ("AMY", "amy", "Amy"):
            assert door(by_code, code) == [row]

    def test_no_absence_is_stored_that_one_query_would_not_confirm(self) -> None:
        by_code = CachedLookup(Loose, "code", cache_type="rule", kind="loose")
        row = Loose.objects.create(code="amy")
        assert by_code.get_many_pks(["AMY", "bob"])[0] == {"AMY": row.pk}
        assert by_code.get_many_pks(["AMY", "amy"])[0] == {"AMY": row.pk, "amy": row.pk}
        assert by_code.get_many(["Amy", "amy", "bob"]) == {"Amy": row, "amy": row}
        assert by_code.warm(["AMY"]) == 1
        for code in ("AMY", "Amy", "amy"):
            assert by_code.get(code) == row
        assert by_code.get("bob") is None
