"""Which fields of a model can be watched by value, and the canonical form of their values in tags."""

from collections.abc import Callable
from datetime import date, datetime
from functools import cache
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
_SEVERAL = (list, tuple, set, frozenset, dict)
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


def some_value(target: "models.Field[Any, Any]") -> Any:
    """Return a value of the type in which a column that can be watched by value holds its values."""
    return next(value for kind, _, value, _ in _SENT if isinstance(target, kind))


def value_taken(target: "models.Field[Any, Any]") -> Any:
    """Return a value that such a field takes, as far as that can be found."""
    values = _values(target)
    return next((value for value in values if _takes(target, value)), values[0])


def _values(target: "models.Field[Any, Any]") -> list[Any]:
    """Return values to try a field with: an enum takes nothing but its choices."""
    return [some_value(target), *(choice for choice, _ in (target.flatchoices or ())[:1])]


def _takes(target: "models.Field[Any, Any]", value: Any) -> bool:
    try:
        target.get_prep_value(value)
    except Exception:  # noqa: BLE001  (a field of somebody else may raise anything)
        return False
    return True


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
    if not _django_decides(target, "get_prep_value") and not prepares_once(target, some_value(target)):
        return NOT_PREPARED_ONCE
    return None


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
    sent = next(types for kind, types, _, _ in _SENT if isinstance(target, kind))
    try:
        once, other = target.get_prep_value(value), target.get_prep_value(value)
        made = target.from_db_value(plain(once), None, connections[DEFAULT_DB_ALIAS])
        again = target.get_prep_value(once), target.get_prep_value(made)
        return isinstance(once, sent) and not isinstance(made, _SEVERAL) and (once, once) == (other, other) == again
    except Exception:  # noqa: BLE001  (a field of somebody else may raise anything)
        return None


def _spelled_as_held(value: Any) -> Any:
    """Return the canonical form of a plain value that a column holds, of which its field makes something."""
    if isinstance(value, str):
        return str.__str__(value).casefold().rstrip(" ")
    return int.__index__(value) if isinstance(value, int) else value


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


@cache
def canonical(field: "models.Field[Any, Any]") -> Callable[[Any], Any]:
    """Return a function that converts any form of a value of the field to the canonical form used in tags."""
    target = target_of(field)
    if not has_one_spelling(target):
        # The key is a moment or a fraction, for instance: all rows share one tag.
        return lambda value: "*"
    if makes_values(target):
        return lambda value: _spelled_as_held(_prepared(target, value))
    whole = isinstance(target, models.IntegerField) and type(target).__module__.startswith("django.")

    def spell(value: Any) -> Any:
        if value is None or (whole and type(value) is int):
            return value
        # Use the form that reaches the database: a field may strip or lower-case its values.
        value = plain(target.get_prep_value(target.to_python(value)))
        if isinstance(value, str):
            # Texts that a database may consider equal must not have different tags, nor those that it stores as one:
            # PostgreSQL cuts the blanks at the end of a text that is too long, without an error.
            return value.casefold().rstrip(" ")
        return value.hex if isinstance(value, UUID) else value

    return spell


def _prepared(target: "models.Field[Any, Any]", value: Any) -> Any:
    try:
        return target.get_prep_value(value)
    except Exception as error:  # a field of somebody else may raise anything
        raise ValueError(f"{target} does not take {value!r}.") from error


@cache
def spelled_when_sent(field: "models.Field[Any, Any]") -> Callable[[Any], Any]:
    """Return the same as ``canonical``, for the parameters of statements.

    It raises ValueError for a parameter of which only the database knows what it stores: one of another type, such as
    1.5 in a column of whole numbers, and a text that is too long for the column.
    """
    target: Any = target_of(field)
    spell = canonical(field)
    if not has_one_spelling(target):
        return spell
    sent = next(types for kind, types, _, _ in _SENT if isinstance(target, kind))
    most = target.max_length if isinstance(target, models.CharField) else None
    if makes_values(target):
        spell = _spelled_as_held  # it is prepared

    def spell_sent(value: Any) -> Any:
        if value is not None and (not isinstance(value, sent) or isinstance(value, datetime)):
            raise ValueError("This is stored as another value.")
        if most is not None and value is not None and len(value) > most and len(str.rstrip(value, " ")) > most:
            raise ValueError("This is cut, or refused.")
        return spell(value)

    return spell_sent
