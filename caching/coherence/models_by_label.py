"""Models that are named before they are loaded, as foreign keys name them: "scheduling.Employee".

So a module can declare what it caches without importing a model. Declarations wait until all models are loaded; this
application resolves them in its ``ready()``. A label that names no model is a system check error then (caching.E006),
and an exception from there on.
"""

from collections.abc import Callable
from difflib import get_close_matches
from typing import Any

from django.apps import apps
from django.db.models import Model

from ..exceptions import UnknownModel

ModelOrLabel = type[Model] | str

_waiting: list[tuple[ModelOrLabel, Callable[[Any], None]]] = []
unknown: list[UnknownModel] = []
"""The labels of declarations that name no model."""


def when_loaded(model: ModelOrLabel, then: Callable[[Any], None]) -> None:
    """Call ``then`` with the model: now if all models are loaded, else as soon as they are."""
    if apps.models_ready:
        then(model_named(model))
    else:
        _waiting.append((model, then))


def resolve_waiting() -> None:
    """Call what has waited for the models, in the order of the declarations."""
    while _waiting:
        model, then = _waiting.pop(0)
        try:
            found = model_named(model)
        except UnknownModel as error:
            unknown.append(error)
        else:
            then(found)


def model_named(model: ModelOrLabel) -> type[Model]:
    """Return the model; raise UnknownModel, which lists the nearest labels, if there is none."""
    if not isinstance(model, str):
        return model
    try:
        return apps.get_model(model)
    except (LookupError, ValueError) as error:
        known = {known._meta.label_lower: known._meta.label for known in apps.get_models()}
        nearest = [known[label] for label in get_close_matches(model.lower(), known, n=3)]
        raise UnknownModel(model, nearest) from error
