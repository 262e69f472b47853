"""Random writes to the rows of a random set, by every way that Django has to write."""

from collections.abc import Callable
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import F
from hypothesis import strategies as st

from tests.caching.contract.random_models import CODES, HOMES, SHELVES, RandomSet

Step = tuple[Any, ...]

numbers = st.sampled_from(CODES)
values = st.tuples(numbers, st.sampled_from([*SHELVES, None]), numbers, st.booleans(), st.sampled_from([*HOMES, None]))
"""A code, a shelf, a note, whether the row is gone, and a home."""
FEW = st.lists(numbers, min_size=1, max_size=3, unique=True)


class RolledBack(Exception):
    """Ends a block without a COMMIT."""


class RandomWrites:
    """What is done to the rows of a random set. A write that the database refuses changes nothing."""

    def __init__(self, made: RandomSet) -> None:
        self._made = made
        self._thing, self._home = made.thing, made.home
        self._old: dict[Any, Any] = {}
        """Instances that were loaded at first, and that know nothing of the writes since."""

    def start(self) -> None:
        """Let there be three homes and three things, and nothing else."""
        made = self._made
        through = made.thing.tags.through
        # Without Django's cascades, which take longer than what is tested.
        with transaction.atomic(), connection.cursor() as cursor:
            for model in (through, *reversed(made.models)):
                cursor.execute(f"DELETE FROM {connection.ops.quote_name(model._meta.db_table)}")
            homes = made.home.objects.bulk_create(
                made.home(pk=made.home_key(n), number=9 - n, name=f"h{n}", label=f"l{n % 2}") for n in HOMES
            )
            for number in (0, 1, 2):
                self._new(
                    number, self._columns((number, number % 2, number, number == 2, None)) | {"home": homes[number]}
                )
        self._old = {row.pk: row for row in made.thing._base_manager.all()}

    def _home_of(self, number: int | None) -> Any:
        found = self._home.objects.filter(pk=self._made.home_key(number or 0)).first()
        return None if number is None and self._made.drawn["null"] else found

    def _columns(self, drawn: Any) -> dict[str, Any]:
        code, shelf, note, is_gone, home = drawn
        made = self._made
        columns = {"code": made.code(code), "shelf": shelf, "note": made.note(note), "is_gone": is_gone}
        return {**columns, "home": self._home_of(home)}

    def _new(self, number: int, columns: dict[str, Any]) -> None:
        model = self._made.special if self._made.special and number % 2 else self._thing
        model(id=self._made.key(number), **columns).save(force_insert=True)

    def _things(self, which: Any) -> Any:
        which = which if isinstance(which, list) else [which]
        return self._thing._base_manager.filter(pk__in=[self._made.key(number) for number in which])

    def _rows(self, which: list[int], drawn: Any) -> list[Any]:
        columns = self._columns(drawn)
        return [self._thing(pk=self._made.key(n), **{**columns, "code": self._made.code(n)}) for n in which]

    # -- the ways to write: each takes what was drawn for it ----------------------------------------------------------

    def create(self, number: int, drawn: Any) -> None:
        self._new(number, self._columns(drawn))

    def save(self, number: int, drawn: Any) -> None:
        for row in self._things(number):
            for name, value in self._columns(drawn).items():
                setattr(row, name, value)
            row.save()

    def save_some(self, number: int, drawn: Any) -> None:
        for row in self._things(number):
            row.shelf, row.note = drawn[1], self._made.note(drawn[2])
            row.save(update_fields=["shelf", "note"])

    def save_old(self, number: int, drawn: Any) -> None:
        row = self._old.get(self._made.key(number))
        if row is not None and self._things(number).exists():
            row.is_gone = drawn[3]
            row.save()

    def update(self, which: Any, drawn: Any) -> None:
        columns = self._columns(drawn)
        del columns["code"]
        self._things(which).update(**columns)

    def update_codes(self, number: int, drawn: Any) -> None:
        self._things(number).update(code=self._made.code(drawn[0]))

    def update_by_expression(self, which: Any, drawn: Any) -> None:
        self._thing._base_manager.filter(shelf=drawn[1]).update(shelf=1 - F("shelf"), is_gone=drawn[3])

    def update_through_a_join(self, which: Any, drawn: Any) -> None:
        self._thing._base_manager.filter(home__is_gone=drawn[3]).update(shelf=drawn[1])

    def bulk_create(self, which: list[int], drawn: Any) -> None:
        rows = [
            self._thing(pk=self._made.key(n), **{**self._columns(drawn), "code": self._made.code(n)}) for n in which
        ]
        self._thing._base_manager.bulk_create(rows, ignore_conflicts=drawn[3])

    def upsert(self, which: list[int], drawn: Any) -> None:
        rows = [
            self._thing(pk=self._made.key(n), **{**self._columns(drawn), "code": self._made.code(n)}) for n in which
        ]
        self._thing._base_manager.bulk_create(
            rows, update_conflicts=True, unique_fields=["id"], update_fields=["shelf", "note", "home"]
        )

    def bulk_update(self, which: list[int], drawn: Any) -> None:
        rows = list(self._things(which))
        for row in rows:
            row.shelf, row.home = drawn[1], self._home_of(drawn[4])
        self._thing._base_manager.bulk_update(rows, ["shelf", "home"])

    def delete(self, which: Any, drawn: Any) -> None:
        self._things(which).delete()

    def delete_one(self, number: int, drawn: Any) -> None:
        for row in self._things(number):
            row.delete()

    def adopt(self, number: int, drawn: Any) -> None:
        parent = self._things(drawn[0]).first()
        for row in self._things(number):
            row.parent = parent
            row.save(update_fields=["parent"])

    def raw_update(self, number: int, drawn: Any) -> None:
        table, key = self._table("shelf"), self._key(number)
        self._run(f"UPDATE {table} SET shelf = %s WHERE id = %s", drawn[1], key)

    def raw_update_of_many(self, which: Any, drawn: Any) -> None:
        self._run(
            f"/* by hand */ UPDATE {self._table('shelf')} SET shelf = %s WHERE shelf = %s", drawn[1], drawn[0] % 2
        )

    def raw_delete(self, number: int, drawn: Any) -> None:
        self._run(f"DELETE FROM {self._table('shelf')} WHERE id = %s", self._key(number))

    def save_home(self, number: int, drawn: Any) -> None:
        home = self._home_of(drawn[4] or 0)
        if home is not None:
            home.label, home.is_gone = f"l{drawn[0]}", drawn[3]
            home.save()

    def update_homes(self, which: Any, drawn: Any) -> None:
        self._home.objects.filter(number__gt=9 - drawn[0]).update(is_gone=drawn[3], label=f"l{drawn[2]}")

    def delete_home(self, number: int, drawn: Any) -> None:
        self._home.objects.filter(pk=self._made.home_key(drawn[4] or 0)).delete()

    def add_tags(self, number: int, drawn: Any) -> None:
        for row in self._things(number):
            row.tags.add(*filter(None, [self._home_of(drawn[4])]))

    def set_tags(self, number: int, drawn: Any) -> None:
        for row in self._things(number):
            row.tags.set(self._home.objects.filter(number__gt=9 - drawn[0]))

    def clear_tags(self, number: int, drawn: Any) -> None:
        home = self._home_of(drawn[4])
        if home is not None:
            home.tagged.clear()
        for row in self._things(number):
            row.tags.clear()

    def remove_tags(self, which: Any, drawn: Any) -> None:
        home = self._home_of(drawn[4])
        if home is not None:
            home.tagged.remove(*self._things(which))

    # -- running them -------------------------------------------------------------------------------------------------

    def _table(self, name: str) -> str:
        return connection.ops.quote_name(self._thing._meta.get_field(name).model._meta.db_table)

    def _key(self, number: int) -> Any:
        pk = self._thing._meta.pk
        return pk.get_db_prep_value(self._made.key(number), connection)

    def _run(self, sql: str, *params: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql, params)

    def run(self, step: Step, compare: Callable[[str], None]) -> int:
        """Do a step and compare; a block compares after each of its steps, too. Return how many writes were made."""
        name, *drawn = step
        done = 0
        if name == "block":
            steps, ends_well = drawn
            try:
                with transaction.atomic():
                    done = sum(self.run(inner, compare) for inner in steps)
                    if not ends_well:
                        raise RolledBack
            except (RolledBack, IntegrityError):
                pass
        else:
            done = 1
            try:
                if connection.in_atomic_block:
                    with transaction.atomic():
                        getattr(self, name)(*drawn)
                else:
                    getattr(self, name)(*drawn)
            except IntegrityError:
                pass
        compare(name)
        return done


OF_ONE = (
    *("create", "save", "save_some", "save_old", "update_codes", "delete_one", "adopt", "raw_update", "raw_delete"),
    *("save_home", "delete_home", "add_tags", "set_tags", "clear_tags"),
)
OF_MANY = (
    *("update", "update_by_expression", "update_through_a_join", "bulk_create", "upsert", "bulk_update", "delete"),
    *("raw_update_of_many", "update_homes", "remove_tags"),
)
writes = st.one_of(
    st.tuples(st.sampled_from(OF_ONE), numbers, values),
    st.tuples(st.sampled_from(OF_MANY), FEW, values),
)
blocks = st.tuples(st.just("block"), st.lists(writes, min_size=1, max_size=2), st.booleans())
nested = st.tuples(st.just("block"), st.lists(st.one_of(writes, blocks), min_size=1, max_size=2), st.booleans())
sequences = st.lists(st.one_of(writes, writes, nested), min_size=1, max_size=3)
