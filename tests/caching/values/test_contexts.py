"""Which code asks for a language, a time zone or another context."""

import re
import threading
import unicodedata
from contextvars import ContextVar
from typing import Any

import pytest
from django.db import models
from django.utils import timezone, translation
from django.utils.translation import gettext, gettext_lazy

from caching.values.contexts import asks_for_a_context, gives_the_same

CURRENT: ContextVar[str] = ContextVar("current", default="")
KEPT = threading.local()
UNITS = {"m": 1}


def speak(value: Any) -> Any:
    return gettext(value)


class Owner:
    def of_a_module(self, value: Any) -> Any:
        return translation.gettext(value)

    def of_a_function(self, value: Any) -> Any:
        return [speak(part) for part in value]

    def of_a_method(self, value: Any) -> Any:
        return self.of_a_function(value)

    def of_an_import(self, value: Any) -> Any:
        from django.utils.timezone import localtime

        return localtime(value)

    def of_the_zone(self, value: Any) -> Any:
        return timezone.localtime(value)

    def of_a_variable(self, value: Any) -> Any:
        return CURRENT.get() + value

    def of_a_thread(self, value: Any) -> Any:
        return KEPT.name + value

    def constant(self, value: Any) -> Any:
        return self.same(UNITS.get(value, len(value)))

    def same(self, value: Any) -> Any:
        return value if value else self.constant(value)

    def refusing(self, value: Any) -> Any:
        if value not in UNITS:
            raise ValueError(gettext_lazy("There is no such unit."))
        return UNITS[value]

    @staticmethod
    def of_nobody(value: Any) -> Any:
        return str(value).strip()


ASKING = [name for name in vars(Owner) if name.startswith("of_") and name != "of_nobody"]


class AsksForAContextTests:
    @pytest.mark.parametrize("name", ASKING)
    def test_is_true_of_what_names_one(self, name: str) -> None:
        assert asks_for_a_context(Owner(), getattr(Owner(), name))

    def test_is_true_of_what_encloses_one(self) -> None:
        inside = CURRENT
        assert asks_for_a_context(Owner(), lambda value: inside.get())

    @pytest.mark.parametrize("name", ["constant", "same", "refusing", "of_nobody"])
    def test_is_false_of_a_function_of_its_values(self, name: str) -> None:
        assert not asks_for_a_context(Owner(), getattr(Owner(), name))

    def test_is_false_of_what_is_no_function(self) -> None:
        assert not asks_for_a_context(Owner(), None, str.strip)


BLANKS, LIMIT = re.compile(r"\s+"), 5


def squeezed(text: str) -> str:
    return BLANKS.sub(" ", text).strip()


class Cleaned(models.CharField):
    """A field whose methods clean a text in several ways, in each of which it gives the same in every call."""

    def by_a_function(self, value: Any) -> Any:
        return squeezed(value) if isinstance(value, str) and self.null is False else value

    def by_django(self, value: Any) -> Any:
        return super().get_prep_value(unicodedata.normalize("NFC", value[:LIMIT]))

    def by_another(self, value: Any) -> Any:
        return "".join(self.by_a_function(part) for part in sorted(value.split(","), key=lambda part: part.lower()))

    @staticmethod
    def by_itself(value: Any, stops: tuple[str, ...] = (".", ",")) -> Any:
        return value.translate(str.maketrans(dict.fromkeys(stops, "")))

    def by_a_language(self, value: Any) -> Any:
        return self.by_a_function(speak(value))

    def by_what_it_kept(self, value: Any) -> Any:
        self.last = value
        return value

    def by_a_table(self, value: Any) -> Any:
        return UNITS.get(value, value)

    def by_an_import(self, value: Any) -> Any:
        from os import environ

        return environ.get(value, value)

    def by_a_default(self, value: Any, seen: list[Any] = []) -> Any:  # noqa: B006
        seen.append(value)
        return seen[0]

    def by_what_it_encloses(self, value: Any) -> Any:
        return enclosing(value)

    def by_the_name_of_another(self, value: Any) -> Any:
        return getattr(self, "by_a_language")(value)  # noqa: B009

    @property
    def prefix(self) -> str:
        return gettext("a")

    def by_a_property(self, value: Any) -> Any:
        return self.prefix + value


def _enclosing(kept: list[Any]) -> Any:
    def give(value: Any) -> Any:
        return kept or value

    return give


enclosing = _enclosing([])


class GivesTheSameTests:
    @pytest.mark.parametrize("name", ["by_a_function", "by_django", "by_another", "by_itself", "get_prep_value"])
    def test_is_true_where_nothing_but_the_value_is_named(self, name: str) -> None:
        assert gives_the_same(Cleaned(), name)

    @pytest.mark.parametrize(
        "name",
        [
            *("by_a_language", "by_what_it_kept", "by_a_table", "by_an_import", "by_a_default"),
            *("by_what_it_encloses", "by_the_name_of_another", "by_a_property"),
        ],
    )
    def test_is_false_where_a_function_may_reach_more(self, name: str) -> None:
        assert not gives_the_same(Cleaned(), name)

    def test_is_false_for_what_an_instance_has_instead_of_its_method(self) -> None:
        field = Cleaned()
        vars(field)["by_django"] = speak
        assert not gives_the_same(field, "by_django")
