"""Models of unusual forms: cached value read, write, cached value read again."""

import datetime
from collections.abc import Callable, Iterator
from copy import copy
from typing import Any

import django
import pytest
from django.core.checks import run_checks
from django.db import connection, models

from caching import CachedGroup, CachedLookup, cache_manager, invalidate, rows_where
from caching.coherence.querysets import InvalidatingQuerySet
from caching.exceptions import NotWatched
from scheduling.models import Employee
from tests.caching.coherence import models as coherence_models
from tests.caching.coherence.models import (
    Book,
    Booking,
    Club,
    ClubWithTwoParents,
    Invitation,
    Meeting,
    Moment,
    Note,
    Place,
    Seat,
    Seating,
    Shelf,
    Society,
    StrippedField,
    TableBooking,
    Visit,
)
from tests.caching.coherence.world import asks_the_database
from tests.caching.installing import installed_app, tables_of
from tests.factories import EmployeeFactory

pytestmark = pytest.mark.django_db(transaction=True)

Watching = Callable[..., None]


@pytest.fixture(autouse=True)
def _tables(watching: Watching) -> Iterator[None]:
    """The tables of all models here, which are an app for the time of the test."""
    made = (*(Place, Society, Club, ClubWithTwoParents, Shelf, Moment, Seat), *(Meeting, Invitation, Visit, Note, Book))
    made = (*made, Booking, Seating, TableBooking)
    if django.VERSION >= (6, 1):
        made = (*made, coherence_models.Page, coherence_models.Mark)
    with installed_app("tests.caching.coherence.apps.TestsOfCoherenceConfig"), tables_of(made):
        yield


def cached(key: str, load: Callable[[], Any], *depends_on: Any) -> Any:
    return cache_manager.get_or_load("rule", f"of:{key}", load, depends_on=depends_on)


def titles(name: str, row: models.Model) -> list[str]:
    """Return the titles of the meetings that a row is related to: a value that depends on the row alone."""
    return cached(
        f"{name}:{row.pk}", lambda: list(Meeting.objects.filter(**{name: row}).values_list("title", flat=True)), row
    )


class RelationTests:
    """A row changes when it is related to another, however the relation names it."""

    def test_to_a_proxy_is_one_to_its_model(self, watching: Watching) -> None:
        watching(Employee)
        amy, meeting = EmployeeFactory(), Meeting.objects.create(title="Menu")
        assert titles("people", amy) == []
        meeting.people.add(amy.pk)
        assert titles("people", amy) == ["Menu"]
        meeting.people.clear()
        assert titles("people", amy) == []

    def test_by_another_field_than_the_key_is_followed(self, watching: Watching) -> None:
        watching(Employee)
        amy, meeting = EmployeeFactory(), Meeting.objects.create(title="Menu")
        assert titles("guests", amy) == []
        invitation = Invitation.objects.create(meeting=meeting, guest=amy)
        assert titles("guests", amy) == ["Menu"]
        invitation.delete()
        assert titles("guests", amy) == []
        meeting.guests.set([amy], through_defaults={"accepted": True})
        assert titles("guests", amy) == ["Menu"]

    def test_of_a_through_model_sees_its_other_columns(self, watching: Watching) -> None:
        watching(Employee)
        amy, meeting = EmployeeFactory(), Meeting.objects.create(title="Menu")
        invitation = Invitation.objects.create(meeting=meeting, guest=amy)

        def accepted() -> int:
            return cached("accepted:1", lambda: Invitation.objects.filter(accepted=True).count(), amy)

        assert accepted() == 0
        Invitation.objects.filter(pk=invitation.pk).update(accepted=True)
        assert accepted() == 1

    def test_to_a_second_parent_is_followed(self, watching: Watching) -> None:
        Society.objects.create(title="First")
        watching(ClubWithTwoParents)
        both, meeting = (
            ClubWithTwoParents.objects.create(name="Chess", title="Chess"),
            Meeting.objects.create(title="A"),
        )

        def visited() -> list[str]:
            found = Meeting.objects.filter(clubs=both.society_ptr_id)
            return cached("visited:1", lambda: list(found.values_list("title", flat=True)), both)

        assert visited() == []
        meeting.clubs.add(both.society_ptr_id)
        assert visited() == ["A"]

    def test_by_a_key_in_the_table_of_a_parent_is_followed(self, watching: Watching) -> None:
        watching(Meeting)
        watching(Seating)
        meeting, other = Meeting.objects.create(title="Menu"), Meeting.objects.create(title="Bar")
        seating = Seating.objects.create(name="Hall")
        booking = TableBooking.objects.create(meeting=meeting, seating=seating)

        def seatings() -> Any:
            return cached(
                f"seatings:{meeting.pk}", lambda: list(meeting.seatings.values_list("name", flat=True)), meeting
            )

        def meetings() -> Any:
            return cached(
                f"meetings:{seating.pk}", lambda: list(seating.meetings.values_list("title", flat=True)), seating
            )

        assert (seatings(), meetings()) == (["Hall"], ["Menu"])
        TableBooking.objects.filter(pk=booking.pk).update(meeting=other)
        assert (seatings(), meetings()) == ([], ["Bar"])
        Booking.objects.filter(pk=booking.pk).update(meeting=meeting)
        assert seatings() == ["Hall"]
        TableBooking.objects.all().delete()
        assert seatings() == []


class GenericRelationTests:
    def test_is_followed_as_rows_of_its_model(self, watching: Watching) -> None:
        watching(Note)
        meeting, other = Meeting.objects.create(title="Menu"), Meeting.objects.create(title="Bar")

        def texts() -> list[str]:
            found = Note.objects.filter(object_id=meeting.pk).order_by("pk")
            return cached("notes:1", lambda: list(found.values_list("text", flat=True)), Note)

        assert texts() == []
        note = meeting.notes.create(text="first")
        assert texts() == ["first"]
        meeting.notes.add(Note.objects.create(text="second", about=other))
        assert texts() == ["first", "second"]
        meeting.notes.update(text="third")
        assert texts() == ["third", "third"]
        meeting.notes.remove(note)
        assert texts() == ["third"]
        meeting.notes.set([Note.objects.create(text="fourth", about=other)])
        assert texts() == ["fourth"]
        meeting.notes.clear()
        assert texts() == []
        meeting.notes.create(text="fifth")
        assert texts() == ["fifth"]
        Meeting.objects.filter(pk=meeting.pk).delete()
        assert texts() == []


class DeletionTests:
    """What the deletion of another row does to a row that stays, or goes with it."""

    def read(self, row: models.Model) -> Any:
        model: Any = type(row)
        return cached(f"row:{row._meta.db_table}:{row.pk}", lambda: model.objects.filter(pk=row.pk).first(), row)

    @pytest.mark.parametrize("field", ["shelf", "spare"])
    def test_sets_a_default_or_what_a_function_gives(self, watching: Watching, field: str) -> None:
        watching(Book)
        shelf = Shelf.objects.create(code="A")
        book = Book.objects.create(title="Baking", **{field: shelf})
        assert getattr(self.read(book), f"{field}_id") == shelf.pk
        shelf.delete()
        assert getattr(self.read(book), f"{field}_id") is None

    @pytest.mark.skipif("django.VERSION < (6, 1)", reason="Django 6.1 and later")
    def test_by_the_database_itself_is_followed_over_every_step(self, watching: Watching) -> None:
        Page, Mark = coherence_models.Page, coherence_models.Mark  # noqa: N806
        watching(Page, by=("book",))
        watching(Mark)
        book = Book.objects.create(title="Baking")
        pages = [Page.objects.create(book=book, text=text) for text in ("one", "two")]
        mark = Mark.objects.create(page=pages[1])
        assert self.read(pages[0]).text == "one"
        gone = copy(pages[0])  # Django takes the key from the one that is deleted.
        pages[0].delete()
        assert self.read(gone) is None
        assert self.read(pages[1]).text == "two"
        assert self.read(mark).page_id == pages[1].pk
        # Nobody watches the books.
        Book.objects.filter(title="Baking").delete()
        assert self.read(pages[1]) is None
        assert self.read(mark).page_id is None

    @pytest.mark.skipif("django.VERSION < (6, 1)", reason="Django 6.1 and later")
    def test_by_the_database_itself_is_pointed_out_by_a_check(self, watching: Watching) -> None:
        watching(coherence_models.Page)
        (found,) = [message for message in run_checks() if message.id == "caching.I001"]
        assert "tests_of_coherence.Page" in f"{found.msg} {found.obj}"


class NameTests:
    """Tables and columns may have names of any form."""

    def test_with_spaces_and_capitals_are_followed(self, watching: Watching) -> None:
        by_title = CachedLookup(Book, "pk", cache_type="rule", kind="book")
        titles = lambda: by_title.get(book.pk).title  # noqa: E731
        watching(Book, by=("title",))
        book, other = Book.objects.create(title="Baking"), Book.objects.create(title="Grilling")
        assert (titles(), by_title.get(other.pk).title) == ("Baking", "Grilling")
        book.title = "Roasting"
        book.save()
        assert titles() == "Roasting"
        assert not asks_the_database(lambda: by_title.get(other.pk)), "dropped without need"
        with connection.cursor() as cursor:
            cursor.execute("""UPDATE "Table of BOOKS" SET "The Title" = 'Frying'""")
        assert titles() == "Frying"


class KeyTests:
    """A row has one tag, whatever its key is made of."""

    @pytest.fixture
    def noon(self, watching: Watching) -> Moment:
        watching(Moment)
        return Moment.objects.create(moment=datetime.datetime(2026, 3, 1, 12, tzinfo=datetime.UTC), note="first")

    def elsewhere(self, noon: Moment) -> datetime.datetime:
        return noon.moment.astimezone(datetime.timezone(datetime.timedelta(hours=1)))

    def test_that_is_a_moment_is_one_in_every_zone(self, noon: Moment) -> None:
        def note() -> str:
            return cached("moment:1", Moment.objects.get, noon).note

        assert note() == "first"
        Moment.objects.filter(moment=self.elsewhere(noon)).update(note="second")
        assert note() == "second"
        Moment(moment=self.elsewhere(noon), note="third").save()
        assert note() == "third"

    def test_that_is_a_moment_is_named_in_any_zone_by_a_call(self, noon: Moment) -> None:
        cached("moment:1", Moment.objects.get, noon)
        invalidate(rows_where(Moment, moment=self.elsewhere(noon)))
        assert asks_the_database(lambda: cached("moment:1", Moment.objects.get, noon))

    def test_of_two_columns_is_followed(self, watching: Watching) -> None:
        watching(Seat)
        seat = Seat.objects.create(row=1, number=2, note="first")

        def notes() -> set[str]:
            return {
                cached("seat:1", lambda: Seat.objects.get(pk=(1, 2)), seat).note,
                cached("seats:1", lambda: list(Seat.objects.all()), Seat)[0].note,
            }

        assert notes() == {"first"}
        seat.note = "second"
        seat.save()
        assert notes() == {"second"}
        Seat.objects.filter(pk=(1, 2)).update(note="third")
        assert notes() == {"third"}
        Seat.objects.bulk_update([Seat(row=1, number=2, note="fourth")], ["note"])
        assert notes() == {"fourth"}
        Seat.objects.bulk_create(
            [Seat(row=1, number=2, note="fifth")],
            update_conflicts=True,
            unique_fields=["row", "number"],
            update_fields=["note"],
        )
        assert notes() == {"fifth"}


class DefaultManagerTests:
    """What a manager leaves out may come back by a change of columns that nobody asked for."""

    def test_of_a_look_up_may_leave_rows_out(self, watching: Watching) -> None:
        by_code = CachedLookup(Shelf, "code", cache_type="rule", kind="shelf")
        shelf = Shelf._base_manager.create(code="A", is_gone=True)
        assert by_code.get("A") is None
        assert by_code.get_many(["A"]) == {}
        Shelf._base_manager.filter(pk=shelf.pk).update(is_gone=False)
        assert by_code.get("A") == shelf
        assert by_code.get_many(["A"]) == {"A": shelf}
        shelf.is_gone = True
        shelf.save()
        assert by_code.get("A") is None

    def test_of_a_group_may_leave_rows_out(self, watching: Watching) -> None:
        by_code = CachedGroup(Shelf, "code", cache_type="rule", kind="shelves", order_by=("pk",))
        shelf = Shelf._base_manager.create(code="A", is_gone=True)
        assert by_code.get("A") == []
        Shelf._base_manager.filter(pk=shelf.pk).update(is_gone=False)
        assert by_code.get("A") == [shelf]


class FieldTests:
    """A value is followed in the form that reaches the database."""

    def codes(self, code: str) -> list[Shelf]:
        return cached("codes:1", lambda: list(Shelf.objects.filter(code=code)), rows_where(Shelf, code=code))

    def test_that_changes_what_it_is_given_is_followed(self, watching: Watching) -> None:
        watching(Shelf, by=("code",))
        shelf = Shelf.objects.create(code="B")
        assert self.codes("A") == []
        shelf.code = " A "
        InvalidatingQuerySet(Shelf).bulk_update([shelf], ["code"])
        assert self.codes("A") == [shelf]

    def test_that_is_held_in_another_form_is_refused(self, watching: Watching, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(StrippedField, "get_db_prep_value", lambda *args, **kwargs: "enciphered", raising=False)
        with pytest.raises(NotWatched, match=r"Shelf\.code cannot be watched by value"):
            watching(Shelf, by=("code",))
