"""Which fields of a model can be watched by value, and the canonical form of their values in tags."""

from collections.abc import Callable
from functools import cache
from typing import Any
from uuid import UUID

from django.core.exceptions import FieldDoesNotExist
from django.db import connections, models, router

from ..exceptions import NotWatched

_BYTEWISE = {"binary", "c", "posix", "ucs_basic", "pg_c_utf8", "c.utf8", "c.utf-8"}
_FOLLOWED: "tuple[type[models.Field[Any, Any]], ...]" = (
    *(models.IntegerField, models.CharField, models.TextField),
    *(models.UUIDField, models.BooleanField, models.DateField),
)


def column_of(model: type[models.Model], name: str) -> "models.Field[Any, Any]":
    """Return the field with that name that has its own column; raise NotWatched if there is none."""
    try:
        field = model._meta.pk if name == "pk" else model._meta.get_field(name)
    except FieldDoesNotExist as error:
        raise NotWatched(f"{model._meta.label} has no field {name!r} to watch.") from error
    if not isinstance(field, models.Field) or field.many_to_many or not field.column:
        raise NotWatched(f"{model._meta.label}.{name} is not a column, so it cannot be watched by value.")
    return field


def target_of(field: "models.Field[Any, Any]") -> "models.Field[Any, Any]":
    """Return the field whose values the column holds: for a foreign key, the field that it finally refers to."""
    while isinstance(field, models.ForeignKey):
        field = field.target_field
    return field


def value_meant(field: "models.Field[Any, Any]", value: Any) -> Any:
    """Return the value itself, or the key that an instance stands for, as in ``filter(user=user)``.

    Raises TypeError for an instance that the field cannot refer to, and for one that is not saved.
    """
    if not isinstance(value, models.Model):
        return value
    step: Any = field
    while step.is_relation and isinstance(value, models.Model):
        target = step.target_field
        if not isinstance(value, target.model._meta.concrete_model):
            break
        value, step = getattr(value, target.attname), target
    if isinstance(value, models.Model) or value is None:
        raise TypeError(
            f"{field.model._meta.label}.{field.name} has no such value: {value!r}. Give a key, or a saved row."
        )
    return value


def followable(model: type[models.Model], name: str) -> "models.Field[Any, Any]":
    field = column_of(model, name)
    if getattr(field, "generated", False) or not has_one_spelling(field):
        raise NotWatched(
            f"{model._meta.label}.{name} cannot be watched by value; "
            "watch a column of whole numbers, text, UUIDs, dates or booleans, or a foreign key."
        )
    if (rule := _equality_of_the_database(model, field)) is not None:
        raise NotWatched(
            f"{model._meta.label}.{name} cannot be watched by value: the database compares it by {rule}, and finds "
            "different texts equal. Look rows up by a column that holds the text in one form, such as lower case."
        )
    return field


def _equality_of_the_database(model: type[models.Model], field: "models.Field[Any, Any]") -> str | None:
    """Return the collation or type by which different texts are equal in a column; None if it has none of its own."""
    target: Any = target_of(field)
    if not isinstance(target, (models.CharField, models.TextField)):
        return None
    connection = connections[router.db_for_write(model)]
    found = target.db_parameters(connection)
    kind, collation = str(found.get("type") or "").lower(), found.get("collation")
    if collation and not _is_bytewise(collation):
        return f"the collation {collation}"
    padded = connection.vendor == "postgresql" and kind.startswith(("char(", "character(", "bpchar"))
    return f"the type {kind}" if padded or "citext" in kind or " collate " in kind else None


def _is_bytewise(collation: str) -> bool:
    """Whether texts are equal by a collation only if they are the same: a few are known for it."""
    name = collation.lower()
    return name in _BYTEWISE or name.endswith("-x-icu")


def has_one_spelling(field: "models.Field[Any, Any]") -> bool:
    """Whether all values that the database considers equal can be converted to one canonical form."""
    target = target_of(field)
    # A moment can be written in many ways: without a time zone, or in any of them.
    return isinstance(target, _FOLLOWED) and not isinstance(target, models.DateTimeField) and not _enciphers(target)


def _enciphers(field: "models.Field[Any, Any]") -> bool:
    """Whether the field converts its values for the database, so that statements do not contain them as they are."""
    own = {"get_db_prep_value", "get_db_prep_save", "from_db_value"}
    return any(
        not own.isdisjoint(vars(base)) for base in type(field).__mro__ if not base.__module__.startswith("django.")
    )


@cache
def canonical(field: "models.Field[Any, Any]") -> Callable[[Any], Any]:
    """Return a function that converts any form of a value of the field to the canonical form used in tags."""
    target = target_of(field)
    if not has_one_spelling(target):
        # The key is a moment or a fraction, for instance: all rows share one tag.
        return lambda value: "*"
    whole = isinstance(target, models.IntegerField) and type(target).__module__.startswith("django.")

    def spell(value: Any) -> Any:
        if value is None or (whole and type(value) is int):
            return value
        # Use the form that reaches the database: a field may strip or lower-case its values.
        value = target.get_prep_value(target.to_python(value))
        # Texts that a database may consider equal must not have different tags.
        return value.casefold() if isinstance(value, str) else value.hex if isinstance(value, UUID) else value

    return spell
