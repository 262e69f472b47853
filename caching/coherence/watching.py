"""The declaration that a model is watched."""

from collections.abc import Iterable
from functools import partial

from django.db.models import Model

from . import watched
from .models_by_label import ModelOrLabel, when_loaded
from .plans import forget_plans
from .receivers import connect


def watch(model: ModelOrLabel, *, by: Iterable[str] = ()) -> None:
    """Watch a model: publish every write to it. ``by`` names the fields by which cached entries are selected.

        watch("scheduling.Employee", by=("id", "email"))

    declares that cached values depend on rows of Employee, and that entries are selected by its id or its email. From
    then on every write to its tables publishes an invalidation, on any connection and from any code. The model may be
    given by its label before it is loaded. Declare it at start-up, in every process; more fields may be declared later.

    Raises NotWatched for a field that cannot be watched by value.
    """
    when_loaded(model, partial(_watch, by=tuple(by)))


def _watch(model: type[Model], by: tuple[str, ...] = ()) -> None:
    model = model._meta.concrete_model or model
    watched.register(model, by)
    for parent in model._meta.get_parent_list():
        _watch(parent)
    forget_plans()
    connect(model)
