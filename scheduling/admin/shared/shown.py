"""What a page has shown of each row. The page sends it back with its form, signed, so it is what we have written.

A version number or a time of the last change would not do: bulk updates, imports and SQL pass them by. So the values
themselves are compared, those that were shown with those in the database.
"""

from __future__ import annotations

import datetime
import decimal
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import HttpRequest
from django.utils import timezone

from scheduling.admin.shared.users import user_id

FIELD = "shown"
SALT = "scheduling.admin.shown"
MAX_TEXT = 64
"""A longer text is represented by its hash, so that a page of a hundred rows with long notes stays small."""

Values = Mapping[str, Any]
"""What the fields of a row hold, by the names of the fields, in the form of `canonical`."""


@dataclass(kw_only=True)
class ShownPage:
    """What a page showed, and to whom. `rows` is empty for a page that was not sent back, or that is not ours."""

    user: int
    at: datetime.datetime
    """When the page began to read its rows."""
    rows: Mapping[str, Values] = field(default_factory=dict)
    was_sent: bool = True
    """Whether the form came with what its page had shown. That of a program does not; it means what it holds."""

    def of(self, model: type[Model], pk: Any) -> Values | None:
        """Return what was shown of a row; None if the page did not show it."""
        return self.rows.get(key_of(model, pk))

    def only_row_of(self, model: type[Model]) -> str | None:
        """Return the primary key of the row of this model that the page is about."""
        start = key_of(model, "")
        return next((key.removeprefix(start) for key in self.rows if key.startswith(start)), None)

    def signed(self) -> str:
        content = {"user": self.user, "at": self.at.timestamp(), "rows": self.rows}
        return signing.dumps(content, salt=SALT, compress=True)


def key_of(model: type[Model], pk: Any) -> str:
    return f"{model._meta.model_name}:{pk}"


def read(text: str) -> ShownPage | None:
    """Return the page that the text stands for; None if the signature is not ours."""
    try:
        content = signing.loads(text, salt=SALT)
    except signing.BadSignature:
        return None
    at = datetime.datetime.fromtimestamp(content["at"], datetime.UTC)
    return ShownPage(user=content["user"], at=at, rows=content["rows"])


def page_sent(request: HttpRequest) -> ShownPage:
    """Return the page that was sent back with this request; one without rows if there is none.

    A form with one that is not ours has shown nothing: its values are then compared with the database alone, and each
    difference is a conflict. A form that comes without any was not made from a page, and is saved as Django saves it.
    """
    page: ShownPage | None = getattr(request, "_shown_page", None)
    if page is None:
        sent = read(request.POST.get(FIELD, "")) if request.method == "POST" else None
        was_sent = request.method != "POST" or FIELD in request.POST
        page = sent or ShownPage(user=user_id(request), at=timezone.now(), was_sent=was_sent)
        request._shown_page = page  # type: ignore[attr-defined]
    return page


def canonical(form_field: forms.Field, value: Any) -> Any:
    """Return a value as JSON can hold it, the same for a stored value and for the text that a browser sends for it."""
    value = form_field.prepare_value(value)
    if isinstance(form_field, (forms.ModelMultipleChoiceField, forms.MultipleChoiceField)):
        return sorted(map(str, value or ()))
    if isinstance(form_field, (forms.ModelChoiceField, forms.ChoiceField)):
        return "" if value is None else str(value)
    try:
        return _plain(form_field.to_python(value))
    except ValidationError:
        return f"?{value}"


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value or ""
    if isinstance(value, (int, float, decimal.Decimal)):
        return _number(value)
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    return in_one_form(str(value))


def in_one_form(text: str) -> str:
    """Return a text without what its way through a browser changes: its line breaks, and the blanks around it."""
    text = "\n".join(text.splitlines()).strip()
    return text if len(text) <= MAX_TEXT else f"#{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def _number(value: float | decimal.Decimal) -> str:
    try:
        return str(decimal.Decimal(str(value)).normalize())
    except decimal.DecimalException:
        return str(value)


def values_of(fields: Iterable[tuple[str, forms.Field, Any]]) -> Values:
    return {name: canonical(form_field, value) for name, form_field, value in fields}
