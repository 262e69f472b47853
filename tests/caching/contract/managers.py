"""Default managers that filter, order, defer columns, join, prefetch, make rows of other classes, and add values."""

from collections.abc import Callable, Iterator
from typing import Any

import django
from django.db import models
from django.db.models import Count, F, Value
from django.db.models.query import ModelIterable

from tests.caching.contract.models import APP, Named, Town

Change = Callable[[Any], Any]


def _managed(name: str, change: Change, **content: Any) -> Any:
    """Make a model whose default manager changes its rows in some way; it may refer to a town and to another row."""

    def get_queryset(self: models.Manager[Any]) -> models.QuerySet[Any]:
        return change(models.Manager.get_queryset(self))

    manager: Any = type(f"Manager{name}", (models.Manager,), {"get_queryset": get_queryset})
    fields = {
        "note": models.TextField(default="n"),
        "is_gone": models.BooleanField(default=False),
        "town": models.ForeignKey(Town, models.CASCADE, null=True, related_name="+"),
        "next": models.OneToOneField("self", models.SET_NULL, null=True, related_name="previous"),
        "objects": manager(),
        "Meta": type("Meta", (), {"app_label": APP}),
        **content,
    }
    return type(name, (Named,), {"__module__": __name__, **fields})


GIVEN: dict[str, Any] = {
    name: _managed(name, change)
    for name, change in {
        "Plain": lambda rows: rows.all(),
        "Present": lambda rows: rows.filter(is_gone=False),
        "InTown": lambda rows: rows.filter(town__shelf=1),
        "NotGone": lambda rows: rows.exclude(is_gone=True),
        "Aliased": lambda rows: rows.alias(here=F("town__shelf")).filter(here=1),
        "Ordered": lambda rows: rows.order_by("-code"),
        "Backwards": lambda rows: rows.order_by("code").reverse(),
        "Deferring": lambda rows: rows.defer("note", "town"),
        "OnlyCode": lambda rows: rows.only("code", "shelf"),
        "OnlyNote": lambda rows: rows.only("note"),
        "Joining": lambda rows: rows.select_related("town"),
        "JoiningItself": lambda rows: rows.select_related("next__town", "town"),
        "JoiningSome": lambda rows: rows.select_related("town").only("code", "shelf", "town__code"),
        "Prefetching": lambda rows: rows.prefetch_related("town__writers"),
        "Distinct": lambda rows: rows.distinct(),
        "Using": lambda rows: rows.using("default"),
        "Empty": lambda rows: rows.none(),
    }.items()
}
"""Models by name whose rows are given as their managers give them."""
if django.VERSION >= (6, 1):
    GIVEN |= {
        "FetchingForPeers": _managed("FetchingForPeers", lambda rows: rows.fetch_mode(models.FETCH_PEERS)),
        "FetchingNothing": _managed(
            "FetchingNothing", lambda rows: rows.select_related("town").fetch_mode(models.FETCH_RAISE)
        ),
    }
REFUSED: dict[str, Any] = {
    name: _managed(name, change)
    for name, change in {
        "Annotating": lambda rows: rows.annotate(one=Value(1)),
        "Counting": lambda rows: rows.annotate(count=Count("previous")),
        "Extra": lambda rows: rows.extra(select={"two": "1 + 1"}),
        "Values": lambda rows: rows.values("code"),
        "Texts": lambda rows: rows.values_list("code", flat=True),
        "Sliced": lambda rows: rows[:5],
        "United": lambda rows: rows.union(rows),
    }.items()
}
"""Models by name of which a look-up is refused."""


class JoiningBack(Named):
    """Its default manager joins what is kept in another table."""

    class Manager(models.Manager["JoiningBack"]):
        def get_queryset(self) -> models.QuerySet["JoiningBack"]:
            return super().get_queryset().select_related("joined_from")

    objects = Manager()

    class Meta:
        app_label = APP


class JoinedFrom(Named):
    back = models.OneToOneField(JoiningBack, models.CASCADE, related_name="joined_from")

    class Meta:
        app_label = APP


class Shown(GIVEN["Plain"]):  # type: ignore[misc]
    """A proxy with a default manager of its own."""

    objects: Any = type(GIVEN["Present"]._default_manager)()

    class Meta:
        app_label = APP
        proxy = True


class Based(Named):
    """Its base manager, which joins use, leaves rows out."""

    is_gone = models.BooleanField(default=False)

    objects = models.Manager()
    present: Any = type(GIVEN["Present"]._default_manager)()

    class Meta:
        app_label = APP
        base_manager_name = "present"


class ToBased(Named):
    based = models.ForeignKey(Based, models.CASCADE, related_name="+")

    class Meta:
        app_label = APP


class SoftQuerySet(models.QuerySet["Soft"]):
    def delete(self) -> Any:
        return self.update(is_gone=True)


class Soft(Named):
    """Its queryset has methods of its own, and its default manager is not the first one."""

    is_gone = models.BooleanField(default=False)

    everything = models.Manager()
    objects = SoftQuerySet.as_manager()

    class Meta:
        app_label = APP
        default_manager_name = "objects"


class AsChildren(ModelIterable):
    shows_all_in_its_query = True

    def __iter__(self) -> Iterator[Any]:
        rows = list(super().__iter__())
        children = Pub.objects.in_bulk([row.pk for row in rows])
        yield from (children.get(row.pk, row) for row in rows)


class House(Named):
    """Its default manager gives rows of subclasses."""

    class Manager(models.Manager["House"]):
        def get_queryset(self) -> models.QuerySet["House"]:
            rows = super().get_queryset()
            rows._iterable_class = AsChildren
            return rows

    objects = Manager()

    class Meta:
        app_label = APP


class Pub(House):
    beers = models.IntegerField()

    objects = models.Manager()

    class Meta:
        app_label = APP


ALL = (*GIVEN.values(), *REFUSED.values(), JoiningBack, JoinedFrom, Based, ToBased, Soft, House, Pub)
