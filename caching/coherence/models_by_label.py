"""References to models by label before they are loaded, as in foreign keys: "scheduling.Employee".

They let a module declare what it caches without importing models. Declarations wait until all models are loaded; the
AppConfig of this application resolves them in ``ready()``. A label that names no model is then reported by a system
check (caching.E006); a label used after that raises UnknownModel.
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
"""The errors of declarations whose label names no model."""


def when_loaded(model: ModelOrLabel, then: Callable[[Any], None]) -> None:
    """Call ``then`` with the model: at once if all models are loaded, otherwise as soon as they are."""
    if apps.models_ready:
        then(model_named(model))
    else:
        _waiting.append((model, then))


def resolve_waiting() -> None:
    """Run the callbacks that waited for the models, in the order of their declarations."""
    while _waiting:
        model, then = _waiting.pop(0)
        try:
            found = model_named(model)
        except UnknownModel as error:
            unknown.append(error)
        else:
            then(found)


def model_named(model: ModelOrLabel) -> type[Model]:
    """Return the model; raise UnknownModel, which suggests similar labels, if there is none."""
    if not isinstance(model, str):
        return model
    try:
        return apps.get_model(model)
    except (LookupError, ValueError) as error:
        known = {known._meta.label_lower: known._meta.label for known in apps.get_models()}
        nearest = [known[label] for label in get_close_matches(model.lower(), known, n=3)]
        raise UnknownModel(model, nearest) from error
