"""What default managers add to their rows."""

from typing import Any

import pytest
from django.core.exceptions import FieldError
from django.db import models
from django.utils.translation import get_language

from caching import CachedLookup, Uncacheable
from caching.reading.filters import DefaultFilter
from caching.reading.managers import (
    compares_by_the_database,
    joins_partly,
    keys_along,
    loading,
    paths_joined_by,
    refuse_additions,
)
from caching.values.freezing import freeze
from scheduling.models import Employee
from tests.caching.reading.models import Bill, Counted, Visit
from tests.caching.reading.test_orderings import Snack, Stall


class AdditionTests:
    def test_are_refused_by_name(self) -> None:
        with pytest.raises(
            ValueError, match=r"default manager of tests_of_reading\.Counted adds 'members' to its rows"
        ):
            refuse_additions(Counted)

    def test_of_a_plain_manager_are_none(self) -> None:
        refuse_additions(Employee)

    def test_are_refused_where_a_look_up_is_declared(self, watching: object) -> None:
        with pytest.raises(ValueError, match="Counted"):
            CachedLookup(Counted, "id", cache_type="rule", kind="counted")


class Latest(models.Manager["Version"]):
    def get_queryset(self) -> models.QuerySet["Version"]:
        return super().get_queryset().order_by("doc", "-pk").distinct("doc")


class Version(models.Model):
    doc = models.CharField(max_length=20)

    objects = Latest()

    class Meta:
        app_label = "tests_of_managers"

    def __str__(self) -> str:
        return self.doc


class NoSuchColumn(models.Manager["Odd"]):
    def get_queryset(self) -> models.QuerySet["Odd"]:
        return super().get_queryset().filter(**{get_language() or "": 1})


class Odd(models.Model):
    objects = NoSuchColumn()

    class Meta:
        app_label = "tests_of_managers"

    def __str__(self) -> str:
        return str(self.pk)


class Chapter(models.Model):
    doc = models.ForeignKey("Doc", models.CASCADE, related_name="chapters")
    is_public = models.BooleanField(default=True)

    class Meta:
        app_label = "tests_of_managers"

    def __str__(self) -> str:
        return str(self.pk)


class WithPublicChapters(models.Manager["Doc"]):
    def get_queryset(self) -> models.QuerySet["Doc"]:
        public = models.Prefetch("chapters", queryset=Chapter.objects.filter(is_public=True))
        return super().get_queryset().prefetch_related(public)


class Doc(models.Model):
    objects = WithPublicChapters()

    class Meta:
        app_label = "tests_of_managers"

    def __str__(self) -> str:
        return str(self.pk)


class ByItself(models.Manager["Draft"]):
    def filter(self, *args: Any, **options: Any) -> models.QuerySet["Draft"]:
        return super().filter(*args, is_public=True, **options)


class Drafts(models.QuerySet["Draft"]):
    def filter(self, *args: Any, **options: Any) -> models.QuerySet["Draft"]:
        return super().filter(*args, **options)


class Draft(models.Model):
    is_public = models.BooleanField(default=True)

    objects = ByItself()

    class Meta:
        app_label = "tests_of_managers"

    def __str__(self) -> str:
        return str(self.pk)


class Sketch(models.Model):
    objects = models.Manager.from_queryset(Drafts)()

    class Meta:
        app_label = "tests_of_managers"

    def __str__(self) -> str:
        return str(self.pk)


class FilterTests:
    def test_of_the_manager_itself_is_refused(self) -> None:
        with pytest.raises(
            ValueError, match=r"tests_of_managers\.Draft has a filter\(\) of its own, which nothing but"
        ):
            refuse_additions(Draft)

    def test_of_its_querysets_is_not(self) -> None:
        refuse_additions(Sketch)


class PrefetchTests:
    def test_by_a_query_of_its_own_is_refused_by_name(self) -> None:
        with pytest.raises(ValueError, match=r"tests_of_managers\.Doc prefetches 'chapters' by a query of its own"):
            refuse_additions(Doc)


class LeavingOutTests:
    def test_by_what_else_is_asked_for_is_refused(self) -> None:
        with pytest.raises(ValueError, match=r"tests_of_managers\.Version leaves out rows by distinct\('doc'\)"):
            refuse_additions(Version)

    def test_by_a_column_that_start_up_does_not_know_is_of_the_context(self) -> None:
        with pytest.raises(FieldError):
            Odd.objects.all()
        refuse_additions(Odd)
        assert not DefaultFilter(Odd).is_constant


class KeysAlongTests:
    def test_are_those_of_each_path_with_their_models(self) -> None:
        found = [(holder, key.name) for holder, key in keys_along(Snack, ["stall__owner", "stall__place_ptr"])]
        assert found == [(Snack, "stall"), (Stall, "owner"), (Snack, "stall"), (Stall, "place_ptr")]

    def test_behind_a_link_to_a_parent_are_refused(self) -> None:
        with pytest.raises(ValueError, match=r"through 'place_ptr', the link .* Give select_related=\('stall__owner'"):
            list(keys_along(Snack, ["stall__place_ptr__owner"]))

    def test_of_what_is_no_foreign_key_are_refused(self) -> None:
        with pytest.raises(ValueError, match=r"tests_of_reading\.Client\.name is not a foreign key"):
            list(keys_along(Snack, ["stall__owner__name"]))


class ListKeyed(models.Model):
    """Its key is a list, which is no key of a dict."""

    key = models.JSONField(primary_key=True)

    class Meta:
        app_label = "tests_of_managers"

    def __str__(self) -> str:
        return str(self.key)


class OfAList(models.Model):
    of = models.ForeignKey(ListKeyed, models.CASCADE)

    class Meta:
        app_label = "tests_of_managers"

    def __str__(self) -> str:
        return str(self.pk)


class ComparingTests:
    def test_a_list_is_the_work_of_the_database(self) -> None:
        assert compares_by_the_database(OfAList._meta.get_field("of"))
        assert not compares_by_the_database(Visit._meta.get_field("client"))

    def test_of_rows_by_a_key_that_can_be_changed_is_refused(self) -> None:
        row = ListKeyed.from_db("default", ["key"], [["a"]])
        with pytest.raises(Uncacheable, match=r"ListKeyed cannot be cached: its key \['a'\] can be changed"):
            freeze(row)


class JoinTests:
    def test_are_given_as_paths(self) -> None:
        assert list(paths_joined_by(Visit)) == ["client"]
        assert list(paths_joined_by(Employee)) == []


class DeferringTests:
    """A manager that leaves columns out: the field of a look-up is loaded, and what is left out is not joined."""

    def test_leaves_the_field_of_a_look_up_in(self) -> None:
        field = Bill._meta.get_field("city")
        for rows in (Bill.objects.only("client"), Bill.objects.defer("city", "client"), Bill.objects.all()):
            names, is_deferred = loading(rows, field).query.deferred_loading
            assert ("city" in names) != is_deferred

    def test_says_which_columns_of_joined_rows_are_loaded(self) -> None:
        assert not joins_partly(Bill)
