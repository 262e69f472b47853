"""What a page says that it has shown: readable by us alone, and the same for a stored value and for what is sent."""

import datetime
import decimal
from typing import Any

import pytest
from django import forms
from django.core import signing
from django.utils import timezone

from scheduling.admin.shared.shown import MAX_TEXT, ShownPage, canonical, in_one_form, key_of, read
from scheduling.models import Employee, Skill

PAGE = ShownPage(user=7, at=timezone.now(), rows={"skill:3": {"name": "First aid"}})


class ShownPageTests:
    def test_is_read_as_it_was_signed(self) -> None:
        found = read(PAGE.signed())
        assert found is not None
        assert (found.user, found.rows, abs(found.at - PAGE.at).total_seconds() < 1) == (7, PAGE.rows, True)

    @pytest.mark.parametrize(
        "text", ["", "x", "a:b:c", PAGE.signed()[:-1] + "!", signing.dumps({}, salt="another")], ids=range(5)
    )
    def test_of_anybody_else_is_none(self, text: str) -> None:
        assert read(text) is None

    def test_is_about_its_own_rows(self) -> None:
        assert PAGE.of(Skill, 3) == {"name": "First aid"}
        assert PAGE.of(Skill, 4) is None
        assert PAGE.of(Employee, 3) is None
        assert (PAGE.only_row_of(Skill), PAGE.only_row_of(Employee)) == ("3", None)
        assert key_of(Skill, 3) == "skill:3"


class CanonicalTests:
    @pytest.mark.parametrize(
        ("field", "stored", "sent"),
        [
            (forms.CharField(), "two\nlines ", "two\r\nlines"),
            (forms.CharField(), None, ""),
            (forms.DateField(), datetime.date(2026, 12, 1), "2026-12-01"),
            (forms.TimeField(), datetime.time(6), "06:00"),
            (forms.TimeField(), "06:00", "06:00:00"),
            (forms.DecimalField(), decimal.Decimal("12.50"), "12.5"),
            (forms.FloatField(), 10, "10.0"),
            (forms.IntegerField(), 0, "0"),
            (forms.BooleanField(), False, False),
            (forms.ChoiceField(), "draft", "draft"),
            (forms.MultipleChoiceField(), ["b", "a"], ["a", "b"]),
        ],
        ids=lambda value: type(value).__name__,
    )
    def test_is_the_same_for_what_an_untouched_page_sends(self, field: forms.Field, stored: Any, sent: Any) -> None:
        assert canonical(field, stored) == canonical(field, sent)

    @pytest.mark.parametrize("sent", ["1E+999999999", "9" * 5000, "NaN", "Infinity", "x"])
    @pytest.mark.parametrize("field", [forms.DecimalField(), forms.FloatField(), forms.IntegerField()])
    def test_of_any_number_is_short_and_no_error(self, field: forms.Field, sent: str) -> None:
        assert canonical(field, sent) != canonical(field, 1)

    def test_of_a_long_text_is_its_hash(self) -> None:
        text = "x" * (MAX_TEXT + 1)
        assert len(in_one_form(text)) < MAX_TEXT
        assert in_one_form(text) != in_one_form(text + "y")
