"""What the default manager of a model adds to its rows: it is refused, or read with them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.core.exceptions import FieldDoesNotExist, FieldError, ImproperlyConfigured, ObjectDoesNotExist
from django.db import DatabaseError, models

from ..coherence.columns import column_of, target_of
from ..values.fields import made_fields
from ..values.prefetched import own_prefetches

NO_CONTEXT = (
    *(LookupError, AttributeError, TypeError, ValueError, RuntimeError, AssertionError),
    *(FieldError, ImproperlyConfigured, ObjectDoesNotExist, DatabaseError),
)
"""What a default manager may raise that takes its filter from a context, such as a tenant, which start-up has not."""


def declared_queryset(model: type[models.Model]) -> "models.QuerySet[Any]":
    """Return the rows of the default manager; those of the base manager where it wants a context that is not there."""
    try:
        return model._default_manager.all()
    except NO_CONTEXT:
        return model._base_manager.all()


def refuse_additions(model: type[models.Model]) -> None:
    """Raise ValueError if the default manager gives its rows values that no write to the model changes."""
    queryset = declared_queryset(model)
    query = queryset.query
    added = sorted({*query.annotation_select, *query.extra_select})
    if added or getattr(queryset, "_fields", None) is not None or query.combinator or query.is_sliced:
        what = f"adds {', '.join(map(repr, added))} to its rows" if added else "does not give rows of the model alone"
        raise ValueError(
            f"The default manager of {model._meta.label} {what}, which writes to other rows change. Name one without "
            "it in Meta.default_manager_name, and add the values where they are read: in a @cached function."
        )
    if _code_of(type(model._default_manager)) is not _code_of(models.Manager):
        raise ValueError(
            f"The default manager of {model._meta.label} has a filter() of its own, which nothing but filter() on the "
            "manager itself asks. Put its condition into get_queryset, or name another in Meta.default_manager_name."
        )
    for name in own_prefetches(queryset):
        raise ValueError(
            f"The default manager of {model._meta.label} prefetches {name!r} by a query of its own, which is not kept "
            "with its rows. Name a manager without it in Meta.default_manager_name, and prefetch it where the rows are "
            "used."
        )
    if query.distinct_fields:
        raise ValueError(
            f"The default manager of {model._meta.label} leaves out rows by distinct({query.distinct_fields[0]!r}): "
            "whether a row is there depends on what else is asked for. Name a manager without it in "
            "Meta.default_manager_name, and use distinct() where the rows are read."
        )


def _code_of(manager: Any) -> Any:
    """Return the code of the method ``filter``; all that hand on to a queryset have the same."""
    method = getattr(manager, "filter", None)
    return getattr(method, "__code__", method)


def refuse_deferred(model: type[models.Model], related: Iterable[str]) -> None:
    """Raise ValueError if a foreign key is to be joined that the default manager leaves out of its rows."""
    query = declared_queryset(model).query
    for path in related:
        name = path.partition("__")[0]
        if not _loads(query, name):
            raise ValueError(
                f"The default manager of {model._meta.label} leaves {name!r} out of its rows, and what is deferred "
                f"cannot be joined. Leave out select_related={path!r}, or let the manager load the column."
            )


def keys_along(model: type[models.Model], paths: Iterable[str]) -> Iterator[tuple[type[models.Model], Any]]:
    """Yield each foreign key on the paths to joined rows, with the model that has it.

    Raises ValueError for what is none, and for a path behind a link to a parent, which Django does not follow.
    """
    for path in paths:
        holder = model
        names = path.split("__")
        for at, name in enumerate(names):
            _refuse_several_columns(holder, name)
            key: Any = column_of(holder, name)
            if not isinstance(key.related_model, type):
                raise ValueError(f"{holder._meta.label}.{name} is not a foreign key; it cannot be joined.")
            if key.remote_field.parent_link and at + 1 < len(names):
                raise ValueError(
                    f"{path!r} goes through {name!r}, the link of {holder._meta.label} to its parent, whose columns "
                    f"its rows have themselves. Give select_related=({'__'.join([*names[:at], *names[at + 1 :]])!r},)."
                )
            yield holder, key
            holder = key.related_model


def _refuse_several_columns(model: type[models.Model], name: str) -> None:
    """Raise ValueError for a relation without a column of its own, such as one to a key of several columns."""
    field = next((field for field in model._meta.fields if field.name == name), None)
    if isinstance(field, models.ForeignObject) and not field.column:
        raise ValueError(
            f"{model._meta.label}.{name} joins rows over columns of other fields; it cannot be joined here. Leave "
            f"{name!r} out of select_related: who asks for its row reads it from the database."
        )


def loading(queryset: "models.QuerySet[Any]", field: "models.Field[Any, Any]") -> "models.QuerySet[Any]":
    """Return the rows with the column of a field, by which they are told apart, even if their manager leaves it out."""
    if _loads(queryset.query, field.name):
        return queryset
    names, is_deferred = queryset.query.deferred_loading
    if is_deferred:
        return queryset.defer(None).defer(*(names - {field.name, field.attname}))
    return queryset.only(*names, field.name)


def compares_by_the_database(key: Any) -> bool:
    """Whether only the database can tell which row a foreign key refers to: its value is a list, or of any class."""
    target = target_of(key)
    changeable = isinstance(target, models.JSONField) or hasattr(target, "base_field")  # of an array
    return changeable or key.attname in made_fields(key.model)


def joins_partly(model: type[models.Model]) -> bool:
    """Whether the default manager says which columns of joined rows are loaded."""
    return any("__" in name for name in declared_queryset(model).query.deferred_loading[0])


def _loads(query: Any, name: str) -> bool:
    names, is_deferred = query.deferred_loading
    if not names:
        return True
    field = query.get_meta().get_field(name)
    spellings = {field.name, field.attname, "pk" if field.primary_key else field.name}
    if is_deferred:
        return not spellings & names
    return any(loaded in spellings or loaded.startswith(f"{field.name}__") for loaded in names)


def paths_joined_by(model: type[models.Model]) -> Iterator[str]:
    """Yield the paths of foreign keys along which the default manager joins rows by itself (``select_related``).

    Relations that are kept in other tables are left out: who asks for such a row reads it from the database.
    """
    joined = declared_queryset(model).query.select_related
    if isinstance(joined, Mapping):
        yield from _paths(model, joined)


def _paths(model: type[models.Model], joined: Mapping[str, Any]) -> Iterator[str]:
    for name, further in joined.items():
        try:
            field: Any = model._meta.get_field(name)
        except FieldDoesNotExist:
            continue
        if not getattr(field, "column", None) or not field.is_relation or field.remote_field.parent_link:
            continue  # Django does not follow a link to a parent: the row has its columns
        yield name
        yield from (f"{name}__{path}" for path in _paths(field.related_model, further))
