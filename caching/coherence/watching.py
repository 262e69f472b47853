"""The declaration that a model is watched."""

from collections.abc import Iterable
from functools import partial

from django.db.models import Model

from ..exceptions import NotWatched
from . import watched
from .late import note_if_late
from .models_by_label import ModelOrLabel, when_loaded
from .plans import forget_plans
from .receivers import connect, leave_out
from .texts import table_in_its_schema


def watch(model: ModelOrLabel, *, by: Iterable[str] = (), tables: Iterable[str] = (), signals: bool = True) -> None:
    """Watch a model: publish every write to it. ``by`` names the fields by which cached entries are selected.

        watch("scheduling.Employee", by=("id", "email"))

    declares that cached values depend on rows of Employee, and that entries are selected by its id or its email. From
    then on every write to its tables publishes an invalidation, on any connection and from any code. The model may be
    given by its label before it is loaded. Declare it at start-up, in every process; more fields may be declared later.

    ``tables`` names further tables through which rows of the model are written: partitions, updatable views, or
    another name of its table. Each write to them publishes all rows of the model, and so does TRUNCATE.

    ``signals=False`` leaves out the receivers of post_save, post_delete and m2m_changed of the model and its parents,
    before and after this call. Statements are published all the same. Django then deletes related rows without reading
    them and adds to a many-to-many relation without a SELECT. A signal that an application sends itself publishes
    nothing then.

    Raises NotWatched for a field that cannot be watched by value.
    """
    names = (by,) if isinstance(by, str) else tuple(by)
    when_loaded(model, partial(_watch, by=names, tables=_names(model, tables), signals=signals))


def _names(model: ModelOrLabel, tables: Iterable[str]) -> tuple[str, ...]:
    """Return the names of the tables; raise TypeError unless they are several texts."""
    names = () if isinstance(tables, str) else tuple(tables)
    if isinstance(tables, str) or not all(isinstance(name, str) and table_in_its_schema(name) for name in names):
        label = model if isinstance(model, str) else model._meta.label
        raise TypeError(
            f'watch({label}): tables must be a tuple of names, such as tables=("archive_2020",), not {tables!r}.'
        )
    return names


def _watch(model: type[Model], by: tuple[str, ...] = (), tables: tuple[str, ...] = (), *, signals: bool = True) -> None:
    if model._meta.abstract:
        raise NotWatched(f"{model._meta.label} is abstract: it has no rows. Name the models that inherit from it.")
    if model._meta.swapped:
        raise NotWatched(
            f"{model._meta.label} has no table: the settings name {model._meta.swapped} in its place. Name that."
        )
    model = model._meta.concrete_model or model
    before = watched_by(model)
    watched.register(model, by, tables)
    for name in sorted(watched_by(model) - before):
        note_if_late(f"The watch of {name}")
    for parent in model._meta.get_parent_list():
        # A row of the child is a row of the parent too.
        _watch(parent, tables=tables, signals=signals)
    forget_plans()
    if signals:
        connect(model)
    else:
        leave_out(model)


def watched_by(model: type[Model]) -> set[str]:
    """Return the names of what is watched of a model: itself, and each field by whose values."""
    label = model._meta.label
    fields = watched.watched_fields.get(label)
    return set() if fields is None else {label, *(f"{label}.{attname}" for attname in fields)}
