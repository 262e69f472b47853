"""Model fields of this app."""

from decimal import Decimal
from typing import Any

from django.db import models


def normalise_email(address: str) -> str:
    """Return the one spelling under which an address is stored, looked up and cached."""
    return address.strip().lower()


class LowerEmailField(models.EmailField):
    """An e-mail address, stored stripped and in lower case however it arrives.

    A unique one is thereby unique in any case, and `filter(email="Amy@Example.com")` finds amy@example.com.
    The instance shows the stored spelling once it is cleaned or saved. Expressions are left to the database.
    With `null=True` an empty address is stored as NULL, so that any number of rows can lack one and be unique.
    """

    def to_python(self, value: Any) -> Any:
        return self._normalised(super().to_python(value))

    def get_prep_value(self, value: Any) -> Any:
        return self._normalised(super().get_prep_value(value))

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = self._normalised(getattr(model_instance, self.attname))
        setattr(model_instance, self.attname, value)
        return value

    def _normalised(self, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        address = normalise_email(value)
        return None if self.null and not address else address


class HoursField(models.DecimalField):
    """A number of hours, such as 38.5. Forms show no zeros at its end: 40, not 40.00."""

    # Not in `from_db_value`: rows of a model with a field that has one are cached by way of instances, which is slow.
    def value_from_object(self, obj: models.Model) -> Any:
        return without_zeros(super().value_from_object(obj))


def without_zeros(number: Any) -> Any:
    """Return a decimal without zeros at its end. Anything else is returned as it is."""
    if not isinstance(number, Decimal) or not number.is_finite():
        return number
    return number.quantize(Decimal(1)) if number == number.to_integral_value() else number.normalize()


MAX_KEY = 2**63 - 1


def key_from(text: str) -> int | None:
    """Return the primary key that a text from outside writes; None for a text that no row can have as its key.

    The length comes first: Python refuses to convert more than 4,300 digits, and a database more than 19.
    """
    if len(text) > len(str(MAX_KEY)) or not text.isdecimal():
        return None
    key = int(text)
    return key if key <= MAX_KEY else None
