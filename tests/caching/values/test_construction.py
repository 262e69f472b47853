"""Which models keep state of their own for each instance."""

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from django.db import models
from django.db.models.signals import post_init, pre_init
from django.test.utils import isolate_apps

from caching.values.construction import is_kept_elsewhere, is_plain
from scheduling.models import Department, Employee
from tests.caching.reading.models import Task
from tests.factories import DepartmentFactory


class PlainTests:
    def test_is_a_model_without_a_constructor_of_its_own(self) -> None:
        assert is_plain(Employee)
        assert not is_plain(Task)

    def test_is_no_model_with_a_receiver_as_long_as_that_is_connected(self) -> None:
        def receive(**kwargs: Any) -> None:
            """Do nothing."""

        for signal in (pre_init, post_init):
            assert is_plain(Department)
            signal.connect(receive, sender=Department)
            assert not is_plain(Department)
            assert is_plain(Employee)
            signal.disconnect(receive, sender=Department)
        assert is_plain(Department)

    @isolate_apps("scheduling")
    def test_is_no_model_with_a_constructor_behind_djangos(self) -> None:
        class Tracks:
            def __init__(self) -> None:
                self.tracked = "since it was made"

        class Tracked(models.Model, Tracks):
            class Meta:
                app_label = "scheduling"

            def __str__(self) -> str:
                return self.tracked

        assert Tracked().tracked == "since it was made"
        assert not is_plain(Tracked)

    @isolate_apps("scheduling")
    def test_is_no_model_whose_metaclass_makes_the_instances(self) -> None:
        class Counting(models.base.ModelBase):
            def __call__(self, *args: Any, **kwargs: Any) -> Any:
                made = super().__call__(*args, **kwargs)
                made.counted = True
                return made

        class Counted(models.Model, metaclass=Counting):
            class Meta:
                app_label = "scheduling"

            def __str__(self) -> str:
                return "counted"

        assert not is_plain(Counted)

    @isolate_apps("scheduling")
    def test_is_no_model_whose_from_db_is_a_function(self) -> None:
        class Patched(models.Model):
            class Meta:
                app_label = "scheduling"

            def __str__(self) -> str:
                return "patched"

        Patched.from_db = staticmethod(lambda db, names, values: Patched(*values))  # type: ignore[assignment]
        assert not is_plain(Patched)


class Told(NamedTuple):
    """What a receiver of post_init is shown."""

    sender: object
    fields: dict[str, Any]
    state: tuple[Any, ...]


def told_of(make: Callable[[], Department | None]) -> tuple[list[Told], Department]:
    """Return what a receiver was told while a department was made, and the department."""
    told = []

    def receive(sender: object, instance: Any, **kwargs: Any) -> None:
        fields = {name: value for name, value in vars(instance).items() if name != "_state"}
        told.append(
            Told(sender, fields, (instance._state.db, instance._state.adding, {**instance._state.fields_cache}))
        )
        instance.seen = instance.code

    post_init.connect(receive, sender=Department)
    try:
        made = make()
    finally:
        post_init.disconnect(receive, sender=Department)
    assert made is not None
    return told, made


class ReceiverTests:
    @pytest.mark.django_db(transaction=True)
    def test_is_told_of_a_hit_what_django_would_tell_of_the_row(self) -> None:
        pk = DepartmentFactory(code="KIT").pk
        wanted, row = told_of(lambda: Department.objects.get(pk=pk))
        Department.objects.get_by_id(pk)
        told, hit = told_of(lambda: Department.objects.get_by_id(pk))

        assert told == wanted
        assert (hit.seen, hit) == ("KIT", row)  # type: ignore[attr-defined]
        assert (hit._state.db, hit._state.adding) == (row._state.db, row._state.adding)


class DescriptorTests:
    def test_of_django_keep_values_under_the_name_of_the_field(self) -> None:
        assert not is_kept_elsewhere(Employee, "email")
        assert not is_kept_elsewhere(Employee, "department_id")
        assert not is_kept_elsewhere(Task, "paper")
