"""The declaration that a model is watched."""

from collections.abc import Iterable
from functools import partial

from django.db.models import Model

from . import watched
from .models_by_label import ModelOrLabel, when_loaded
from .plans import forget_plans
from .receivers import connect


def watch(model: ModelOrLabel, *, by: Iterable[str] = ()) -> None:
    """Publish every write to the model; ``by`` names the fields that cached entries are selected by.

        watch("scheduling.Employee", by=("id", "email"))

    declares that cached values depend on rows of Employee, and that entries are selected by its id or its email. From
    then on every write to its tables publishes, on any connection, whoever makes it. The model may be named by its
    label before it is loaded. Declare at start-up, in every process; more fields may be declared later.

    Raises NotWatched for a field whose values cannot be followed.
    """
    when_loaded(model, partial(_watch, by=tuple(by)))


def _watch(model: type[Model], by: tuple[str, ...] = ()) -> None:
    model = model._meta.concrete_model or model
    watched.register(model, by)
    for parent in model._meta.get_parent_list():
        _watch(parent)
    forget_plans()
    connect(model)
