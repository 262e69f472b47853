"""The declaration that a model is watched."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AbstractUser, Group, Permission, User
from django.db.models.signals import m2m_changed, post_delete, post_save
from pytest_django.fixtures import Settings

from caching import CachedGroup, CachedLookup, NotWatched, UnknownModel, cache_manager, rows_where
from caching.coherence.plans import UNWATCHED, plan_of
from caching.coherence.watched import is_watched, watched_fields
from scheduling.models import Employee
from tests.caching.coherence.models import Club, EmployeeProxy, Flight, Leg, Place

Watch = Callable[..., None]
UPDATE = 'UPDATE "auth_group" SET "name" = %s WHERE "auth_group"."id" = %s'


def loads(depends_on: Any) -> bool:
    """Return whether a value that depends on this has to be loaded again."""
    calls: list[int] = []
    cache_manager.get_or_load("general", "id:1", lambda: calls.append(1), depends_on=[depends_on])
    return bool(calls)


class WatchTests:
    @pytest.mark.django_db(transaction=True)
    def test_from_then_on_writes_publish(self, watching: Watch) -> None:
        with pytest.raises(NotWatched, match="its writes are not watched"):
            loads(Group)
        watching(Group)
        assert (loads(Group), loads(Group)) == (True, False)
        Group.objects.create(name="staff")
        assert loads(Group)

    @pytest.mark.django_db(transaction=True)
    def test_a_model_may_be_named_by_its_label(self, watching: Watch) -> None:
        watching("auth.Group", by=("name",))
        selection = rows_where("auth.Group", name="staff")
        assert (loads(selection), loads(selection)) == (True, False)
        Group.objects.create(name="staff")
        assert loads(selection)

    def test_one_field_may_be_given_as_a_text(self, watching: Watch) -> None:
        watching(Group, by="name")
        assert list(watched_fields["auth.Group"]) == ["name"]

    def test_a_model_that_another_takes_the_place_of_is_refused(self, settings: Settings) -> None:
        settings.AUTH_USER_MODEL = "scheduling.Employee"
        with pytest.raises(NotWatched, match=r"auth\.User has no table: the settings name scheduling\.Employee"):
            CachedLookup(User, "username", cache_type="rule", kind="swapped")

    def test_an_abstract_model_is_refused(self, watching: Watch) -> None:
        with pytest.raises(NotWatched, match=r"auth\.AbstractUser is abstract: it has no rows\. Name the models"):
            watching(AbstractUser)
        with pytest.raises(NotWatched, match=r"auth\.AbstractUser is abstract"):
            CachedGroup(AbstractUser, "username", cache_type="rule", kind="abstract")

    def test_an_unknown_label_is_refused(self, watching: Watch) -> None:
        with pytest.raises(UnknownModel, match=r"There is no model 'auth\.Grup'\. Did you mean auth\.Group"):
            watching("auth.Grup")

    def test_more_fields_may_be_declared_later(self, watching: Watch) -> None:
        watching(Group)
        with pytest.raises(NotWatched, match=r"auth\.Group is not watched by 'name'"):
            rows_where(Group, name="staff")
        watching(Group, by=("name",))
        assert rows_where(Group, name="staff").tag == "auth.Group.name=staff"
        watching(Group)
        assert list(watched_fields["auth.Group"]) == ["name"]

    def test_statements_that_were_read_before_are_read_anew(self, watching: Watch) -> None:
        assert plan_of(UPDATE) is UNWATCHED
        watching(Group)
        plan = plan_of(UPDATE)
        assert plan is not None
        assert plan.tags(("staff", 5), False, None) == {"auth.Group#5", "auth.Group/+"}

    def test_the_parents_of_a_model_are_watched_too(self, watching: Watch) -> None:
        watching(Club)
        assert is_watched(Club._meta.label)
        assert is_watched(Place._meta.label)

    def test_a_proxy_stands_for_its_model(self, watching: Watch) -> None:
        watching(EmployeeProxy, by=("phone",))
        assert not is_watched(EmployeeProxy._meta.label)
        assert rows_where(Employee, phone="1").tag == "scheduling.Employee.phone=1"

    def test_a_field_that_cannot_be_followed_is_refused(self, watching: Watch) -> None:
        for name, message in {
            "mail": r"scheduling\.Employee has no field 'mail' to watch",
            "hourly_rate": r"scheduling\.Employee\.hourly_rate cannot be watched by value; watch a column of",
            "skills": r"scheduling\.Employee\.skills is not a column, so it cannot be watched by value",
        }.items():
            with pytest.raises(NotWatched, match=message):
                watching(Employee, by=(name,))

    def test_signals_are_connected_once_however_often_it_is_declared(self, watching: Watch) -> None:
        for _ in range(3):
            watching(Permission)
        for signal in (post_save, post_delete):
            connected = [receiver for receiver in signal.receivers if receiver[0][0] == "caching:auth.Permission"]
            assert len(connected) == 1
        watching(Group)
        assert [receiver[0][0] for receiver in m2m_changed.receivers].count("caching:auth.Group") == 1


class FurtherTablesTests:
    """Partitions, views and other names of a model's table."""

    @pytest.mark.parametrize(
        "sql",
        [
            'UPDATE "groups_2020" SET "name" = %s WHERE "groups_2020"."id" = %s',
            'INSERT INTO "groups_2020" ("id", "name") VALUES (%s, %s)',
            "UPDATE old.V_Groups SET name = 'a'",
            "TRUNCATE groups_2020",
        ],
    )
    def test_a_write_to_one_writes_unknown_rows(self, watching: Watch, sql: str) -> None:
        watching("auth.Group", tables=("groups_2020", '"old"."v_groups"'))
        plan = plan_of(sql)
        assert plan is not None
        assert plan.tags((1, 2), False, None) == {"auth.Group/*", "auth.Group/+"}

    def test_they_are_those_of_its_children_and_parents_too(self, watching: Watch) -> None:
        watching(Club)
        watching(Place, tables=("old_places",))
        watching(Club, tables=("old_clubs",))
        labels = {"tests_of_coherence.Place", "tests_of_coherence.Club"}
        for table in ("old_places", "old_clubs"):
            plan = plan_of(f"DELETE FROM {table}")
            assert plan is not None
            assert plan.tags((), False, None) == {f"{label}/{end}" for label in labels for end in "*+"}

    @pytest.mark.parametrize("tables", ["groups_2020", (1,), ("",)])
    def test_what_is_no_name_is_refused(self, watching: Watch, tables: Any) -> None:
        with pytest.raises(TypeError, match=r"watch\(auth.Group\): tables must be a tuple of names"):
            watching("auth.Group", tables=tables)


class NewChildTests:
    INSERT = 'INSERT INTO "tests_of_coherence_club" ("place_ptr_id", "members") VALUES (%s, %s)'

    def tags(self) -> set[str]:
        plan = plan_of(self.INSERT)
        assert plan is not None
        return plan.tags((1, 2), False, None)

    def test_may_have_a_parent_that_was_there_so_its_values_are_not_known(self, watching: Watch) -> None:
        watching(Club, by=("name",))
        assert "tests_of_coherence.Club/*" in self.tags()

    def test_is_one_row_where_all_values_are_its_own(self, watching: Watch) -> None:
        watching(Club, by=("members",))
        assert "tests_of_coherence.Club.members=2" in self.tags()
        assert "tests_of_coherence.Club/*" not in self.tags()


class SeveralColumnsTests:
    def test_a_model_with_a_relation_over_several_columns_is_watched(self, watching: Watch, installed: None) -> None:
        watching(Leg)
        assert is_watched("tests_of_coherence.Leg")
        watching(Flight)
        plan = plan_of("DELETE FROM tests_of_coherence_leg")
        assert plan is not None
        assert plan.tags((), False, None) >= {"tests_of_coherence.Flight/*", "tests_of_coherence.Leg/*"}

    def test_a_field_that_is_refused_leaves_nothing_watched(self, watching: Watch) -> None:
        with pytest.raises(NotWatched, match="not a column"):
            watching(Leg, by=("id", "flight"))
        assert not is_watched("tests_of_coherence.Leg")
