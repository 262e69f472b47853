"""Which fields of a model can be followed by value, and how their values are spelled in tags."""

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
    """Return the field of that name that has a column of its own; raise NotWatched if the model has none."""
    try:
        field = model._meta.pk if name == "pk" else model._meta.get_field(name)
    except FieldDoesNotExist as error:
        raise NotWatched(f"{model._meta.label} has no field {name!r} to watch.") from error
    if not isinstance(field, models.Field) or not field.column:
        raise NotWatched(f"{model._meta.label}.{name} is not a column, so it cannot be watched by value.")
    return field


def target_of(field: "models.Field[Any, Any]") -> "models.Field[Any, Any]":
    """Return the field whose values a column holds: for a foreign key the one it refers to in the end."""
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
        raise TypeError(f"{field.model._meta.label}.{field.name} has no such value: {value!r}. Give a key, or a saved row.")
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
            f"{model._meta.label}.{name} cannot be watched by value: the database compares it by {rule}, and finds texts "
            "equal that are not the same. Look rows up by a column that holds the text in one form, for example in "
            "lower case."
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
    """Whether values that are equal for the database can be brought into one form."""
    target = target_of(field)
    # One moment has many spellings: with and without a zone, in this one and in that.
    return isinstance(target, _FOLLOWED) and not isinstance(target, models.DateTimeField) and not _enciphers(target)


def _enciphers(field: "models.Field[Any, Any]") -> bool:
    """Whether the database holds something else than what Django makes of a value: it cannot be read in a statement."""
    own = {"get_db_prep_value", "get_db_prep_save", "from_db_value"}
    return any(
        not own.isdisjoint(vars(base)) for base in type(field).__mro__ if not base.__module__.startswith("django.")
    )


@cache
def canonical(field: "models.Field[Any, Any]") -> Callable[[Any], Any]:
    """Return the function that turns any spelling of a value of the field into the one that stands in tags."""
    target = target_of(field)
    if not has_one_spelling(target):
        # A key that is a moment or a fraction: all rows share a tag.
        return lambda value: "*"
    whole = isinstance(target, models.IntegerField) and type(target).__module__.startswith("django.")

    def spell(value: Any) -> Any:
        if value is None or (whole and type(value) is int):
            return value
        # In the form that reaches the database: a field may strip or fold what it is given.
        value = target.get_prep_value(target.to_python(value))
        # Two texts that a database may find equal must not have different tags.
        return value.casefold() if isinstance(value, str) else value.hex if isinstance(value, UUID) else value

    return spell
