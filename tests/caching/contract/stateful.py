"""Models whose instances hold more than their fields: from constructors, receivers and descriptors of their own."""

from typing import Any

from django.db import models
from django.db.models.signals import post_init
from django.utils.functional import cached_property

from tests.caching.contract.columns import OpaqueField
from tests.caching.contract.models import APP, Named, Town


class State(Named):
    """What all of them have."""

    note = models.CharField(max_length=20, default="n")
    town = models.ForeignKey(Town, models.CASCADE, null=True, related_name="+")

    class Meta:
        abstract = True


class ByInit(State):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.note_before = self.note

    class Meta:
        app_label = APP


class ByFromDb(State):
    @classmethod
    def from_db(cls, db: Any, field_names: Any, values: Any, **options: Any) -> Any:
        row = super().from_db(db, field_names, values, **options)
        row.loaded = dict(zip(field_names, values, strict=True))
        row.told = {name: type(value).__qualname__ for name, value in options.items()}
        return row

    class Meta:
        app_label = APP


class ByReceiver(State):
    class Meta:
        app_label = APP


def remember(instance: Any, **kwargs: Any) -> None:
    instance.sent_with = {"note": instance.note}


post_init.connect(remember, sender=ByReceiver)


class BySetting(State):
    """Keeps what was set since it was made."""

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        self.__dict__.setdefault("was_set", []).append(name)

    class Meta:
        app_label = APP


class Upper:
    """A descriptor that keeps the value of a field elsewhere."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, row: Any, owner: Any = None) -> Any:
        return self if row is None else row.__dict__.get("kept", {}).get(self.name)

    def __set__(self, row: Any, value: Any) -> None:
        row.__dict__.setdefault("kept", {})[self.name] = value and value.upper()


class UpperField(models.CharField):
    def contribute_to_class(self, cls: Any, name: str, **kwargs: Any) -> None:
        super().contribute_to_class(cls, name, **kwargs)
        setattr(cls, self.attname, Upper(self.attname))


class ByDescriptor(State):
    loud = UpperField(max_length=20, default="quiet")

    class Meta:
        app_label = APP


class ByProperty(State):
    """Computes a value once; a cached row has not computed it."""

    @cached_property
    def long_note(self) -> str:
        return self.note * 2

    class Meta:
        app_label = APP


class WithImage(State):
    """Holds the size of its image, which a receiver of Django's keeps."""

    image = models.ImageField(upload_to="images", width_field="width", height_field="height", null=True)
    width = models.IntegerField(null=True)
    height = models.IntegerField(null=True)
    paper = models.FileField(upload_to="papers", blank=True)

    class Meta:
        app_label = APP


class ByInitWithOpaque(State):
    """Has a constructor, and a value that cannot be made again with certainty."""

    seal = OpaqueField(max_length=20, default="wax")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.note_before = self.note

    class Meta:
        app_label = APP


class Parent(State):
    """A parent without state of its own."""

    class Meta:
        app_label = APP


class ChildByInit(Parent):
    size = models.IntegerField(default=1)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.size_before = self.size

    class Meta:
        app_label = APP


class ProxyByInit(Parent):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_shown = True

    class Meta:
        app_label = APP
        proxy = True


class ToByInit(Named):
    to = models.ForeignKey(ByInit, models.CASCADE, related_name="+")
    child = models.ForeignKey(ChildByInit, models.CASCADE, null=True, related_name="+")

    class Meta:
        app_label = APP


ALL = (
    *(ByInit, ByFromDb, ByReceiver, BySetting, ByDescriptor, ByProperty, WithImage, ByInitWithOpaque),
    *(Parent, ChildByInit, ToByInit),
)
