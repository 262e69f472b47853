"""Model fields of this app."""

from typing import Any

from django.db import models


def normalise_email(address: str) -> str:
    """Return the one spelling under which an address is stored, looked up and cached."""
    return address.strip().lower()


class LowerEmailField(models.EmailField):
    """An e-mail address, stored stripped and in lower case however it arrives.

    A unique one is thereby unique in any case, and `filter(email="Amy@Example.com")` finds amy@example.com.
    The instance shows the stored spelling once it is cleaned or saved. Expressions are left to the database.
    """

    def to_python(self, value: Any) -> Any:
        return _normalised(super().to_python(value))

    def get_prep_value(self, value: Any) -> Any:
        return _normalised(super().get_prep_value(value))

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = _normalised(getattr(model_instance, self.attname))
        setattr(model_instance, self.attname, value)
        return value


def _normalised(value: Any) -> Any:
    return normalise_email(value) if isinstance(value, str) else value


MAX_KEY = 2**63 - 1


def key_from(text: str) -> int | None:
    """Return the primary key that a text from outside writes; None for a text that no row can have as its key.

    The length comes first: Python refuses to convert more than 4,300 digits, and a database more than 19.
    """
    if len(text) > len(str(MAX_KEY)) or not text.isdecimal():
        return None
    key = int(text)
    return key if key <= MAX_KEY else None
