"""What was prefetched with rows: it is left out if a hit would read the same, and refused if it would not."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import cycle
from typing import Any

import pytest
from django.contrib.contenttypes.prefetch import GenericPrefetch
from django.db import connections, models
from django.db.models import Exists, OuterRef, Prefetch, QuerySet, Subquery
from django.utils import timezone

from caching import Uncacheable
from caching.values.freezing import freeze
from caching.values.prefetched import Prefetches, own_prefetches
from scheduling.models import Department, Employee, Skill
from tests.caching.installing import tables_of
from tests.factories import DepartmentFactory, EmployeeFactory

MADE: Counter[str] = Counter()
"""How many queries the managers of each name have made."""


class Press(models.Model):
    is_open = models.BooleanField(default=True)

    class Meta:
        app_label = "tests_of_prefetches"

    def __str__(self) -> str:
        return str(self.pk)


class Writer(models.Model):
    code = models.CharField(max_length=5, unique=True, null=True)  # noqa: DJ001 - a row without a key to be referred by

    class Meta:
        app_label = "tests_of_prefetches"

    def __str__(self) -> str:
        return str(self.pk)


class Those(models.Manager[Any]):
    """The books that a named rule leaves in."""

    def __init__(self, rule: str = "all") -> None:
        super().__init__()
        self.rule = rule

    def get_queryset(self) -> QuerySet[Any]:
        # A related manager is made without the rule.
        rule = getattr(self.model, "rule", self.rule)
        MADE[rule] += 1
        every, opened = super().get_queryset(), Press.objects.filter(is_open=True)
        match rule:
            case "of_open":
                return every.filter(press__in=opened)
            case "having_open":
                return every.filter(Exists(opened.filter(pk=OuterRef("press_id"))))
            case "since_now":
                return every.filter(since__lte=timezone.now())
            case "since_this_minute":
                return every.filter(since__lte=MINUTES.pop(0))
            case "numbered":
                return every.annotate(number=models.F("pk"))
            case "opened":
                return every.annotate(opened=Subquery(opened.filter(pk=OuterRef("press_id")).values("pk")[:1]))
            case "nobody":
                return every.none()
            case "of_the_writer":
                return every.filter(title=f"by {self.instance}") if hasattr(self, "instance") else every
        return every


MINUTES: list[datetime] = []
"""What the clock says, which a manager rounds to minutes."""


class Book(models.Model):
    rule = "all"

    writer = models.ForeignKey(Writer, models.CASCADE, to_field="code", related_name="books")
    press = models.ForeignKey(Press, models.CASCADE)
    title = models.CharField(max_length=20, default="by me")
    since = models.DateTimeField(default=timezone.now)
    is_deleted = models.BooleanField(default=False)

    objects = Those()

    class Meta:
        app_label = "tests_of_prefetches"

    def __str__(self) -> str:
        return self.title


class Present(models.Manager["Loan"]):
    def get_queryset(self) -> QuerySet["Loan"]:
        return super().get_queryset().filter(is_over=False)


class Loan(models.Model):
    writer = models.ForeignKey(Writer, models.CASCADE, related_name="loans")
    is_over = models.BooleanField(default=False)

    objects = Present()
    every: models.Manager["Loan"] = models.Manager()

    class Meta:
        app_label = "tests_of_prefetches"

    def __str__(self) -> str:
        return str(self.pk)


class Shelf(models.Model):
    loans = models.ManyToManyField(Loan, related_name="shelves")
    first = models.ForeignKey(Loan, models.CASCADE, related_name="first_of")

    class Meta:
        app_label = "tests_of_prefetches"

    def __str__(self) -> str:
        return str(self.pk)


SOME = Employee.objects.filter(email="amy@example.com")
OWN: dict[str, tuple[Any, ...]] = {
    "employees": (Prefetch("employees", queryset=SOME),),
    "sorted": (Prefetch("employees", queryset=Employee.objects.order_by("-email"), to_attr="sorted"),),
    "employees__skills": (Prefetch("employees__skills", queryset=Skill.objects.exclude(name="x")),),
    "employees__known": ("employees", Prefetch("employees__skills", to_attr="known")),
}
SAME: dict[str, tuple[Any, ...]] = {
    "names": ("employees", "employees__skills__employees", "rules"),
    "queries": (Prefetch("employees", queryset=Employee.objects.all()), Prefetch("rules")),
    "joins": (Prefetch("employees", queryset=Employee.objects.select_related("user").defer("first_name")),),
}


@pytest.mark.django_db
class RowTests:
    @pytest.fixture(autouse=True)
    def _person(self) -> None:
        EmployeeFactory().skills.add(Skill.objects.create(name="first aid"))

    def prefetched(self, *lookups: Any) -> Department:
        return Department.objects.prefetch_related(*lookups).get()

    @pytest.mark.parametrize("name", ["employees", "employees__skills", "employees__known"])
    def test_with_a_list_that_only_its_query_gives_is_refused_by_name(self, name: str) -> None:
        row = self.prefetched(*OWN[name])
        assert Prefetches().made_otherwise(row) == name
        with pytest.raises(Uncacheable, match=f"Department has prefetched '{name}' by a query of its own"):
            freeze([row])

    def test_joined_to_a_row_is_refused_too(self) -> None:
        lookup = Prefetch("department__employees", queryset=SOME)
        rows = list(Employee.objects.select_related("department").prefetch_related(lookup))
        with pytest.raises(Uncacheable, match="Department has prefetched 'employees' by a query of its own"):
            freeze(rows)

    @pytest.mark.parametrize("name", SAME)
    def test_with_what_its_relations_give_is_held(self, name: str) -> None:
        row = self.prefetched(*SAME[name])
        assert Prefetches().made_otherwise(row) is None
        assert freeze([row]).value.items[0].pk == row.pk

    def test_is_compared_with_its_relation_from_either_end(self) -> None:
        for lookup, own in (("employees", False), (Prefetch("employees", queryset=SOME), True)):
            (skill,) = Skill.objects.prefetch_related(lookup)
            assert (Prefetches().made_otherwise(skill) == "employees") is own

    def test_that_was_not_prefetched_has_nothing(self) -> None:
        assert Prefetches().made_otherwise(Department.objects.get()) is None


RULES = ("of_open", "having_open", "since_now", "numbered", "opened", "nobody", "of_the_writer", "all")


@pytest.mark.django_db(transaction=True)
class ManagerTests:
    @pytest.fixture(autouse=True)
    def _books(self) -> Iterator[None]:
        with tables_of((Press, Writer, Book)):
            press = Press.objects.create()
            for code in ("a", "b", None):
                writer = Writer.objects.create(code=code)
                if code:
                    Book(writer=writer, press=press, title=f"by {writer}").save()
            yield

    @pytest.mark.parametrize("rule", RULES)
    def test_that_leaves_out_or_adds_something_gives_the_same_to_a_prefetch_by_name(
        self, rule: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Book, "rule", rule)
        rows = list(Writer.objects.prefetch_related("books").order_by("pk"))
        assert [row.pk for row in freeze(rows).value.thaw()] == [row.pk for row in rows]

    @pytest.mark.parametrize("rule", RULES)
    def test_is_not_asked_by_a_prefetch_with_another_condition(
        self, rule: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Book, "rule", rule)
        others = Press.objects.filter(is_open=False)
        for queryset in (
            Book._base_manager.filter(press__in=others),
            Book._base_manager.filter(Exists(others.filter(pk=OuterRef("press_id")))),
            Book._base_manager.filter(since__lte=datetime(2020, 1, 1, tzinfo=UTC)),
            Book._base_manager.none(),
            Book._base_manager.order_by("-pk"),
        ):
            (row,) = Writer.objects.filter(code="a").prefetch_related(Prefetch("books", queryset=queryset))
            is_what_the_rule_asks = rule == "nobody" and queryset.query.is_empty()
            is_own = Prefetches().made_otherwise(row) == "books"
            assert is_own is not (is_what_the_rule_asks or self.differs_only_by_a_moment(rule, queryset))

    def differs_only_by_a_moment(self, rule: str, queryset: Any) -> bool:
        """Nobody can tell one moment from another: in doubt, rows are held."""
        return rule == "since_now" and "since" in str(queryset.query.where)

    def test_that_rounds_moments_is_compared_by_what_stays(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Book, "rule", "since_this_minute")
        before, after = datetime(2026, 1, 1, 23, 59, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
        monkeypatch.setattr("tests.caching.values.test_prefetched.MINUTES", [before] * 2 + [after] * 9)
        (row,) = Writer.objects.filter(code="a").prefetch_related("books")
        assert Prefetches().made_otherwise(row) is None

    def test_is_asked_once_for_all_rows_of_a_value(self) -> None:
        Writer.objects.bulk_create(Writer(code=f"c{number}") for number in range(20))
        rows = list(Writer.objects.prefetch_related("books").exclude(code=None))
        MADE.clear()
        freeze(rows)
        assert MADE["all"] == 1

    def test_is_asked_no_oftener_for_queries_that_somebody_has_used(self) -> None:
        Writer.objects.bulk_create(Writer(code=f"c{number}") for number in range(20))
        rows = list(Writer.objects.prefetch_related("books").exclude(code=None))
        for row in rows:  # the filter by the row, which was put off, becomes part of the query
            assert row._prefetched_objects_cache["books"].query  # type: ignore[attr-defined]
        MADE.clear()
        freeze(rows)
        assert MADE["all"] == 2  # once more, to see what differs each time

    def test_is_asked_about_replicas_by_nobody_but_a_query_that_names_one(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rows = list(Writer.objects.prefetch_related("books"))
        monkeypatch.setitem(connections.settings, "replica", connections.settings["default"])
        aliases = cycle(("replica", "default", "default"))
        monkeypatch.setattr("django.db.router.db_for_read", lambda *args, **hints: next(aliases))
        assert freeze(rows).value.items
        rows[0]._prefetched_objects_cache["books"]._db = "elsewhere"  # type: ignore[attr-defined]
        assert Prefetches().made_otherwise(rows[0]) == "books"


class Rereading(list[Any]):
    """A list that counts how often it is gone through."""

    count = 0

    def __iter__(self) -> Iterator[Any]:
        self.count += 1
        return super().__iter__()


@pytest.mark.django_db
class ListTests:
    def test_that_several_rows_share_is_gone_through_once(self) -> None:
        skill = Skill.objects.create(name="first aid")
        for _ in range(3):
            EmployeeFactory(department=DepartmentFactory()).skills.add(skill)
        rows = list(Employee.objects.prefetch_related("skills"))
        shared = Rereading(Skill.objects.all())
        for row in rows:
            row._prefetched_objects_cache["skills"]._result_cache = shared  # type: ignore[attr-defined]
        freeze(rows)
        assert shared.count == 1

    def test_of_rows_that_are_inside_of_themselves_ends(self) -> None:
        EmployeeFactory()
        row = Department.objects.prefetch_related("employees__skills").get()
        shared = row._prefetched_objects_cache["employees"]._result_cache  # type: ignore[attr-defined]
        shared[0]._prefetched_objects_cache["skills"]._result_cache = shared
        assert Prefetches().made_otherwise(row) is None


class QueryTests:
    @pytest.mark.parametrize("name", OWN)
    def test_of_its_own_is_named(self, name: str) -> None:
        assert list(own_prefetches(Department.objects.prefetch_related(*OWN[name]))) == [name]

    @pytest.mark.parametrize("name", SAME)
    def test_that_gives_every_row_is_none_of_its_own(self, name: str) -> None:
        assert list(own_prefetches(Department.objects.prefetch_related(*SAME[name]))) == []

    def test_inside_of_another_is_found(self) -> None:
        inner: QuerySet[Employee] = Employee.objects.prefetch_related(Prefetch("skills", to_attr="known"))
        outer = Department.objects.prefetch_related(Prefetch("employees", queryset=inner))
        assert list(own_prefetches(outer)) == ["employees"]

    def test_for_one_of_several_models_is_found(self) -> None:
        lookup: Any = GenericPrefetch("employees", [Employee.objects.all(), Skill.objects.filter(name="x")])
        assert list(own_prefetches(Department.objects.prefetch_related(lookup))) == ["employees"]

    @pytest.mark.parametrize(
        ("model", "path", "queryset", "own"),
        [
            (Shelf, "loans", Loan.objects.all(), []),
            (Shelf, "loans", Loan.every.all(), ["loans"]),
            (Shelf, "first", Loan.objects.all(), ["first"]),
            (Shelf, "first", Loan.every.all(), []),
            (Shelf, "loans__writer", Writer.objects.all(), []),
            (Book, "writer", Writer.objects.all(), []),
            (Skill, "employees__department", Department.objects.all(), []),
            (Skill, "unknown", Loan.objects.all(), []),
            (Skill, "unknown", Loan.every.all(), []),
            (Skill, "unknown", Loan.every.filter(pk=1), ["unknown"]),
        ],
    )
    def test_is_compared_with_the_manager_that_the_relation_asks(
        self, model: Any, path: str, queryset: Any, own: list[str]
    ) -> None:
        lookup: Any = Prefetch(path, queryset=queryset)
        assert list(own_prefetches(model._base_manager.prefetch_related(lookup))) == own
