"""Which fields of a model can be watched by value."""

from contextlib import suppress
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import DEFAULT_DB_ALIAS, connections, models, router

from ..exceptions import NotWatched

_BYTEWISE = {"binary", "c", "posix", "ucs_basic", "pg_c_utf8", "c.utf8", "c.utf-8"}
_FOLLOWED: "tuple[type[models.Field[Any, Any]], ...]" = (
    *(models.IntegerField, models.CharField, models.TextField),
    *(models.UUIDField, models.BooleanField, models.DateField),
)

_SENT: "tuple[tuple[type[models.Field[Any, Any]], Any, Any, tuple[str, ...]], ...]" = (
    (models.IntegerField, int, 1, ("int", "serial", "number")),
    (models.CharField, str, "Aa 1", ("char", "text", "clob")),
    (models.TextField, str, "Aa 1", ("char", "text", "clob")),
    (models.UUIDField, (UUID, str), UUID(int=1), ("uuid", "char(32)")),
    (models.BooleanField, int, True, ("bool",)),
    (models.DateField, (date, str), date(2026, 1, 2), ("date",)),
)
"""By field: the types in which Django sends its values to a database, one of them, and what is in its type there."""
SEVERAL = (list, tuple, set, frozenset, dict)
"""The types that are no one value of a row."""
_BASES = frozenset({str, int, bool, UUID, date, datetime, float})


def column_of(model: type[models.Model], name: str) -> "models.Field[Any, Any]":
    """Return the field with that name that has its own column; raise NotWatched if there is none."""
    try:
        field = model._meta.pk if name == "pk" else model._meta.get_field(name)
    except FieldDoesNotExist as error:
        raise NotWatched(f"{model._meta.label} has no field {name!r} to watch.") from error
    if not isinstance(field, models.Field) or field.many_to_many or not field.column:
        raise NotWatched(f"{model._meta.label}.{name} is not a column, so it cannot be watched by value.")
    return field


def is_unique(field: "models.Field[Any, Any]") -> bool:
    """Whether at most one row has a value of the field: by itself, or by a constraint on it alone and on every row."""
    if field.unique:
        return True
    options: Any = field.model._meta
    alone = [
        *options.unique_together,
        *(tuple(one.fields) for one in options.total_unique_constraints if one.deferrable is None),
    ]
    return any(len(names) == 1 and options.get_field(names[0]) == field for names in alone)


def types_sent(target: "models.Field[Any, Any]") -> Any:
    """Return the types in which Django sends the values of a column that can be watched by value."""
    return next(types for kind, types, _, _ in _SENT if isinstance(target, kind))


def _some_value(target: "models.Field[Any, Any]") -> Any:
    """Return a value of the type in which a column that can be watched by value holds its values."""
    return next(value for kind, _, value, _ in _SENT if isinstance(target, kind))


def _values(target: "models.Field[Any, Any]") -> list[Any]:
    """Return values to try a field with: an enum takes nothing but its choices."""
    choices: list[Any] = []
    with suppress(Exception):  # a function of somebody else may ask a database that has no tables yet
        choices = [choice for choice, _ in target.flatchoices or () if choice not in (None, "")]
    return [_some_value(target), *choices[:1]]


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
    if isinstance(value, models.Model) or value is None or hasattr(value, "resolve_expression"):
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
    if (own := _asks_otherwise(field)) is not None:
        raise NotWatched(
            f"{model._meta.label}.{name} cannot be watched by value: {own}. Look rows up by a column whose field finds "
            "a value as it was given."
        )
    return field


def identifies(model: type[models.Model], key: Any) -> bool:
    """Whether a value of a key names its row by one tag, because the database finds no other value equal."""
    return has_one_spelling(key) and _equality_of_the_database(model, key) is None


def _equality_of_the_database(model: type[models.Model], field: "models.Field[Any, Any]") -> str | None:
    """Return the collation or type by which different values are equal in a column; None if it has none of its own."""
    target: Any = target_of(field)
    connection = connections[router.db_for_write(model)]
    found = target.db_parameters(connection)
    kind, collation = str(found.get("type") or "").lower(), found.get("collation")
    if not isinstance(target, (models.CharField, models.TextField)):
        return None if _is_stored_as_usual(target, kind) else f"the type {kind}"
    if collation and not _is_bytewise(collation):
        return f"the collation {collation}"
    padded = connection.vendor == "postgresql" and kind.startswith(("char(", "character(", "bpchar", '"'))
    padded = padded or (connection.vendor == "postgresql" and kind in ("char", "character"))
    wide = padded or "citext" in kind or " collate " in kind
    return f"the type {kind}" if wide or not _is_stored_as_usual(target, kind) else None


def _is_stored_as_usual(target: "models.Field[Any, Any]", kind: str) -> bool:
    """Whether a field has the type that its class has in the database, and not one with another equality."""
    if _django_decides(target, "db_type", "db_parameters", "get_internal_type"):
        return True
    return any(word in kind for kept, _, _, words in _SENT if isinstance(target, kept) for word in words)


def _django_decides(field: "models.Field[Any, Any]", *methods: str) -> bool:
    """Whether no class of a field outside of Django defines any of these methods."""
    own = (vars(base) for base in type(field).__mro__ if not base.__module__.startswith("django."))
    return not any(method in names for names in own for method in methods)


def _asks_otherwise(field: "models.Field[Any, Any]") -> str | None:
    """Return why ``filter`` may find other rows than those that hold the value as it was prepared once, else None."""
    for name in ("exact", "in"):
        lookup: Any = field.get_lookup(name)
        if lookup is None or lookup.lookup_name != name or not lookup.__module__.startswith("django."):
            return f"its field has another look-up for {name!r} than Django's"
    target = target_of(field)
    if prepares_itself(target) and not prepares_once(target, _some_value(target)):
        return NOT_PREPARED_ONCE
    return None


def prepares_itself(field: "models.Field[Any, Any]") -> bool:
    """Whether the values of a column are prepared by code that is not Django's, which may ask for a language."""
    return not _django_decides(target_of(field), "get_prep_value")


NOT_PREPARED_ONCE = "its get_prep_value changes again what it has prepared, or raises, so that nothing finds the value"


def prepares_once(target: "models.Field[Any, Any]", value: Any) -> bool:
    """Whether a value that the field has prepared stays as it is when the field prepares it again.

    ``value`` is of the type in which the column holds its values, so the field must take it.
    """
    try:
        once = target.get_prep_value(value)
        return bool(target.get_prep_value(once) == once)
    except (TypeError, AttributeError):
        return False
    except (ValidationError, ValueError, ArithmeticError, AssertionError):
        return True  # there is no such value


def _is_bytewise(collation: str) -> bool:
    """Whether texts are equal by a collation only if they are the same: a few are known for it."""
    name = collation.lower()
    return name in _BYTEWISE or name.endswith("-x-icu")


def has_one_spelling(field: "models.Field[Any, Any]") -> bool:
    """Whether all values that the database considers equal can be converted to one canonical form."""
    target = target_of(field)
    # A moment can be written in many ways: without a time zone, or in any of them.
    if not isinstance(target, _FOLLOWED) or isinstance(target, models.DateTimeField):
        return False
    if not _django_decides(target, "get_db_prep_value", "get_db_prep_save"):
        return False  # statements do not contain its values as they are
    return not makes_values(target) or (target is field and _sends_what_it_prepares(target))


def makes_values(field: "models.Field[Any, Any]") -> bool:
    """Whether the field makes something of its own of what its column holds: a member of an enum, a phone number."""
    return not _django_decides(field, "from_db_value")


def _sends_what_it_prepares(target: "models.Field[Any, Any]") -> bool:
    """Whether the column holds the plain value that ``get_prep_value`` gives, and the field makes one thing of that.

    So it enciphers nothing, and what it makes can be asked for. It is tried with a value of the type that the column
    holds and, as an enum takes no other, with its first choice.
    """
    if target.primary_key or not isinstance(target, (models.IntegerField, models.CharField, models.TextField)):
        return False
    return {_sends_as_prepared(target, value) for value in _values(target)} - {None} == {True}


def _sends_as_prepared(target: Any, value: Any) -> bool | None:
    try:
        once, other = target.get_prep_value(value), target.get_prep_value(value)
        made = target.from_db_value(plain(once), None, connections[DEFAULT_DB_ALIAS])
        again = target.get_prep_value(once), target.get_prep_value(made)
        return (
            isinstance(once, types_sent(target))
            and not isinstance(made, SEVERAL)
            and (once, once) == (other, other) == again
        )
    except Exception:  # noqa: BLE001  (a field of somebody else may raise anything)
        return None


def plain(value: Any) -> Any:
    """Return the value as the type that a database knows: a subclass may spell itself in any way, as may an enum."""
    if type(value) in _BASES:
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int.__index__(value)
    if isinstance(value, UUID):
        return UUID(int=value.int)
    if isinstance(value, date) and not isinstance(value, datetime):
        return date(value.year, value.month, value.day)
    return value
