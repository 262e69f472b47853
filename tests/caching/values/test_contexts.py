"""Which code asks for a language, a time zone or another context."""

import threading
from contextvars import ContextVar
from typing import Any

import pytest
from django.utils import timezone, translation
from django.utils.translation import gettext, gettext_lazy

from caching.values.contexts import asks_for_a_context

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
