"""Default managers that filter: always the same, by the context, by the time."""

from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import pytest
from django.db import models
from django.db.models.functions import Now
from django.db.models.query import ModelIterable
from django.utils import timezone

from caching import CachedGroup, CachedLookup
from caching.reading.filters import DefaultFilter
from scheduling.models import Employee, Skill
from tests.caching.coherence.world import asks_the_database
from tests.factories import EmployeeFactory

CURRENT: ContextVar[str] = ContextVar("tenant", default="")


class Active(models.Manager[Any]):
    def get_queryset(self) -> "models.QuerySet[Any]":
        return super().get_queryset().filter(models.Q(is_active=True))


class OfTenant(models.Manager[Any]):
    def get_queryset(self) -> "models.QuerySet[Any]":
        found, tenant = super().get_queryset(), CURRENT.get()
        return found.filter(last_name=tenant) if tenant else found


class Past(models.Manager[Any]):
    def get_queryset(self) -> "models.QuerySet[Any]":
        return super().get_queryset().exclude(role=str(timezone.now()))


class PastOfTheDatabase(models.Manager[Any]):
    def get_queryset(self) -> "models.QuerySet[Any]":
        return super().get_queryset().filter(models.Q(hire_date=None) | models.Q(hire_date__lte=Now()))


class WithAnotherTable(models.Manager[Any]):
    def get_queryset(self) -> "models.QuerySet[Any]":
        found = super().get_queryset()
        return found.filter(models.Exists(Skill.objects.filter(name=CURRENT.get()))) if CURRENT.get() else found


class Hidden(models.Manager[Any]):
    def get_queryset(self) -> "models.QuerySet[Any]":
        return super().get_queryset().none()


class ByText(models.Manager[Any]):
    def get_queryset(self) -> "models.QuerySet[Any]":
        return super().get_queryset().extra(where=["is_active"])


class ByDefault(models.Manager[Any]):
    """Its filter is an argument that it is never given, and that anybody may change."""

    CONDITION: ClassVar[dict[str, Any]] = {}

    def get_queryset(self, _condition: dict[str, Any] = CONDITION) -> "models.QuerySet[Any]":
        return super().get_queryset().filter(**_condition)


def only(queryset: "models.QuerySet[Any]") -> "models.QuerySet[Any]":
    return queryset.filter(last_name=CURRENT.get()) if CURRENT.get() else queryset


class ByAFunction(models.Manager[Any]):
    """Its filter is a function that is called as a method of querysets is."""

    def get_queryset(self) -> "models.QuerySet[Any]":
        return only(super().get_queryset())


class FiltersWhenFiltered(models.QuerySet[Any]):
    def filter(self, *args: Any, **kwargs: Any) -> Any:
        found, tenant = super().filter(*args, **kwargs), CURRENT.get()
        return super(FiltersWhenFiltered, found).filter(last_name=tenant) if tenant else found


class FiltersInside(models.QuerySet[Any]):
    def _filter_or_exclude(self, negate: bool, args: Any, kwargs: Any) -> Any:
        found = super()._filter_or_exclude(negate, args, kwargs)  # type: ignore[misc]
        if CURRENT.get():
            found.query.add_q(models.Q(last_name=CURRENT.get()))
        return found


class FiltersByValue(models.QuerySet[Any]):
    """For some values only, so that its query for any other says nothing."""

    def filter(self, *args: Any, **kwargs: Any) -> Any:
        found = super().filter(*args, **kwargs)
        if CURRENT.get() and "amy" in str(kwargs).lower():
            return super(FiltersByValue, found).filter(last_name=CURRENT.get())
        return found


class Iterating(ModelIterable):
    def __iter__(self) -> Iterator[Any]:
        return (row for row in super().__iter__() if CURRENT.get() in ("", row.last_name))


class FiltersWhenIterated(models.QuerySet[Any]):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._iterable_class = Iterating


class Translating(models.QuerySet[Any]):
    """Looks at each name and leaves out nothing, and says so."""

    shows_all_in_its_query = True

    def filter(self, *args: Any, **kwargs: Any) -> Any:
        return super().filter(*args, **{name.lower(): value for name, value in kwargs.items()})


class FiltersWhatTranslates(Translating):
    """Something of its own, of which the class behind it has said nothing."""

    def _filter_or_exclude(self, negate: bool, args: Any, kwargs: Any) -> Any:
        found = super()._filter_or_exclude(negate, args, kwargs)  # type: ignore[misc]
        if CURRENT.get():
            found.query.add_q(models.Q(last_name=CURRENT.get()))
        return found


class FiltersWhenRead(models.QuerySet[Any]):
    def _fetch_all(self) -> None:
        if CURRENT.get() and self._result_cache is None:  # type: ignore[has-type]
            self.query.add_q(models.Q(last_name=CURRENT.get()))
        super()._fetch_all()  # type: ignore[misc]


class FiltersWhenMade(models.QuerySet[Any]):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if CURRENT.get():
            self.query.add_q(models.Q(last_name=CURRENT.get()))


class FiltersWhenCopied(models.QuerySet[Any]):
    def _clone(self) -> Any:
        found = super()._clone()  # type: ignore[misc]
        if CURRENT.get():
            found.query.add_q(models.Q(last_name=CURRENT.get()))
        return found


class AnotherClass(models.Manager[Any]):
    @property
    def _queryset_class(self) -> Any:
        return FiltersWhenMade if CURRENT.get() else models.QuerySet

    @_queryset_class.setter
    def _queryset_class(self, value: Any) -> None:
        pass


class OtherThanItSays(models.Manager[Any]):
    """Its querysets are of a class that the manager itself does not name."""

    queryset_class: Any = FiltersInside

    def get_queryset(self) -> "models.QuerySet[Any]":
        return self.queryset_class(self.model, using=self._db)


class ReadsOtherThanItSays(OtherThanItSays):
    queryset_class = FiltersWhenRead


class ThisYear(models.Manager[Any]):
    """Which year it is depends on the time zone."""

    def get_queryset(self) -> "models.QuerySet[Any]":
        return super().get_queryset().filter(user__date_joined__year=2026)


def of(made: Any) -> Any:
    return type(f"Of{made.__name__}", (models.Manager.from_queryset(made),), {})


HIDING = {
    *map(of, (FiltersWhenFiltered, FiltersInside, FiltersByValue, FiltersWhenIterated, FiltersWhenRead)),
    *(of(FiltersWhatTranslates), OtherThanItSays, ReadsOtherThanItSays),
}
OF_TRANSLATING = of(Translating)
SHOWING = {of(FiltersWhenMade), of(FiltersWhenCopied), AnotherClass}


def proxy(manager: type[models.Manager[Any]]) -> Any:
    """Return a model of employees with this default manager."""
    meta = type("Meta", (), {"proxy": True, "app_label": "tests_of_filters"})
    return type(f"With{manager.__name__}", (Employee,), {"objects": manager(), "Meta": meta, "__module__": __name__})


MODELS = {
    manager: proxy(manager)
    for manager in (
        *(
            Active,
            OfTenant,
            Past,
            PastOfTheDatabase,
            WithAnotherTable,
            Hidden,
            ByText,
            ByDefault,
            ByAFunction,
            ThisYear,
        ),
        *HIDING,
        *SHOWING,
        OF_TRANSLATING,
    )
}


@pytest.fixture
def as_tenant() -> Iterator[Callable[[str], Any]]:
    token = CURRENT.set("")
    yield CURRENT.set
    CURRENT.reset(token)


class ConstantTests:
    def test_is_a_manager_without_a_filter(self) -> None:
        found = DefaultFilter(Skill)
        assert found.is_constant
        assert found.deciding == {}

    def test_is_one_that_names_columns_and_constants(self) -> None:
        found = DefaultFilter(MODELS[Active])
        assert found.is_constant
        assert list(found.deciding) == [Employee._meta.db_table]

    def test_is_one_whose_querysets_say_that_they_leave_out_nothing(self, caplog: pytest.LogCaptureFixture) -> None:
        assert DefaultFilter(MODELS[OF_TRANSLATING]).is_constant
        assert not caplog.text

    @pytest.mark.parametrize(
        "manager",
        [
            OfTenant,
            Past,
            PastOfTheDatabase,
            WithAnotherTable,
            ByText,
            ByDefault,
            ByAFunction,
            ThisYear,
            *HIDING,
            *SHOWING,
        ],
        ids=lambda manager: manager.__name__,
    )
    def test_is_none_that_asks_anything_else(self, manager: type) -> None:
        assert not DefaultFilter(MODELS[manager]).is_constant


@pytest.mark.django_db
class PlaceTests:
    def test_has_the_parameters(self, as_tenant: Callable[[str], Any]) -> None:
        found, places = DefaultFilter(MODELS[OfTenant]), []
        for tenant in ("acme", "bolt", "", "acme"):
            as_tenant(tenant)
            places.append(found.place())
        assert places[0] == places[3]
        assert len(set(places)) == 3

    def test_of_the_time_is_another_each_moment(self) -> None:
        found = DefaultFilter(MODELS[Past])
        assert found.place() != found.place()

    @pytest.mark.parametrize("manager", [PastOfTheDatabase, ByText])
    def test_is_unknown_where_the_database_decides(self, manager: type) -> None:
        assert DefaultFilter(MODELS[manager]).place() is None

    def test_is_unknown_where_another_table_decides_that_was_not_named_at_start_up(
        self, as_tenant: Callable[[str], Any]
    ) -> None:
        found = DefaultFilter(MODELS[WithAnotherTable])
        assert found.place() is not None
        as_tenant("acme")
        assert found.place() is None

    @pytest.mark.parametrize("manager", HIDING, ids=lambda manager: manager.__name__)
    def test_is_unknown_where_the_queryset_filters_later(self, manager: type, caplog: pytest.LogCaptureFixture) -> None:
        assert DefaultFilter(MODELS[manager]).place() is None
        assert f"Rows of tests_of_filters.With{manager.__name__} pass the cache" in caplog.text

    def test_is_another_in_another_time_zone(self) -> None:
        found, places = DefaultFilter(MODELS[ThisYear]), []
        for name in ("UTC", "Asia/Tokyo", "UTC"):
            with timezone.override(ZoneInfo(name)):
                places.append(found.place())
        assert places[0] == places[2] != places[1]

    def test_is_another_with_another_argument_by_default(self, monkeypatch: pytest.MonkeyPatch) -> None:
        found = DefaultFilter(MODELS[ByDefault])
        before = found.place()
        monkeypatch.setitem(ByDefault.CONDITION, "last_name", "acme")
        assert before != found.place() is not None

    def test_of_a_manager_that_shows_nothing_is_known(self) -> None:
        assert DefaultFilter(MODELS[Hidden]).place() == "default none"


@pytest.mark.django_db(transaction=True)
class LookUpTests:
    def test_a_tenant_never_gets_the_row_of_another(
        self, watching: Callable[..., None], as_tenant: Callable[[str], Any]
    ) -> None:
        by_email = CachedLookup(MODELS[OfTenant], "email", cache_type="rule", kind="of_tenant")
        by_role = CachedGroup(MODELS[OfTenant], "first_name", cache_type="rule", kind="group_of_tenant")
        for tenant in ("acme", "bolt"):
            EmployeeFactory(email=f"{tenant}@example.com", last_name=tenant, first_name="Amy")
        for tenant, other in (("acme", "bolt"), ("bolt", "acme"), ("acme", "bolt")):
            as_tenant(tenant)
            for _ in ("a miss", "a hit"):
                assert by_email.get(f"{tenant}@example.com").last_name == tenant
                assert by_email.get(f"{other}@example.com") is None
                assert list(by_email.get_many(["acme@example.com", "bolt@example.com"])) == [f"{tenant}@example.com"]
                assert [row.last_name for row in by_role.get("Amy")] == [tenant]
        assert not asks_the_database(lambda: by_email.get("acme@example.com"))

    @pytest.mark.parametrize("manager", HIDING | SHOWING, ids=lambda manager: manager.__name__)
    def test_a_tenant_never_gets_the_row_of_another_from_a_queryset_that_filters(
        self, manager: type, watching: Callable[..., None], as_tenant: Callable[[str], Any]
    ) -> None:
        kind = f"of_{manager.__name__.lower()}"
        by_email = CachedLookup(MODELS[manager], "email", cache_type="rule", kind=kind)
        by_name = CachedGroup(MODELS[manager], "first_name", cache_type="rule", kind=f"group_{kind}")
        EmployeeFactory(email="amy@example.com", last_name="acme", first_name="Amy")
        for tenant in ("acme", "bolt", "acme"):
            as_tenant(tenant)
            for _ in ("a miss", "a hit"):
                assert (by_email.get("amy@example.com") is None) == (tenant == "bolt")
                assert len(by_email.get_many(["amy@example.com"])) == (tenant == "acme")
                assert len(by_email.get_many_pks(["amy@example.com"])[0]) == (tenant == "acme")
                assert len(by_name.get("Amy")) == (tenant == "acme")

    def test_a_queryset_that_says_that_its_query_shows_all_gives_hits(self, watching: Callable[..., None]) -> None:
        by_email = CachedLookup(MODELS[OF_TRANSLATING], "email", cache_type="rule", kind="translating")
        EmployeeFactory(email="amy@example.com")
        assert by_email.get("amy@example.com") is not None
        assert not asks_the_database(lambda: by_email.get("amy@example.com"))

    def test_a_row_that_changes_hands_leaves_one_and_enters_the_other(
        self, watching: Callable[..., None], as_tenant: Callable[[str], Any]
    ) -> None:
        by_email = CachedLookup(MODELS[OfTenant], "email", cache_type="rule", kind="of_tenant")
        row = EmployeeFactory(email="amy@example.com", last_name="acme")
        for tenant in ("acme", "bolt", "acme"):
            Employee.objects.filter(pk=row.pk).update(last_name=tenant)
            for asking in ("acme", "bolt"):
                as_tenant(asking)
                assert (by_email.get("amy@example.com") is None) == (asking != tenant)

    def test_what_the_time_decides_is_read_from_the_database(self, watching: Callable[..., None]) -> None:
        for manager in (Past, PastOfTheDatabase):
            by_email = CachedLookup(MODELS[manager], "email", cache_type="rule", kind=manager.__name__.lower())
            EmployeeFactory(email=f"{manager.__name__}@example.com")
            for _ in range(2):
                assert asks_the_database(lambda: by_email.get(f"{manager.__name__}@example.com"))  # noqa: B023
