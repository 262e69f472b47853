"""What a value depends on, as far as is known before it is loaded."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.apps import apps
from django.conf import settings
from django.db import models, router

from ..coherence.models_by_label import model_named
from ..coherence.tags import Selection, row_tags_of
from ..coherence.watched import labels_of
from ..keys import all_rows_tag, any_row_tag
from ..values.columns import has_key
from ..values.lazy import instance_of

Dependency = type[models.Model] | models.Model | Selection | str
"""A model or its label (any row of it), an instance (that row), or a selection (``rows_where``)."""


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What is known about a value before it is loaded."""

    tags: tuple[str, ...]
    labels: frozenset[str] = frozenset()
    """The labels of models whose guards decide whether the loaded value may be stored."""
    covers: bool = True
    """Whether the tags cover the selection of rows; if not, the value depends on any row of the models in it."""
    absent: str = ""
    """The label of the model on any row of which the value depends if it turns out to be None."""


def tags_of_dependency(dependency: Dependency) -> Iterator[tuple[type[models.Model], Sequence[str]]]:
    dependency = instance_of(dependency)
    if isinstance(dependency, Selection):
        yield dependency.model, (dependency.tag, *map(all_rows_tag, labels_of(dependency.model)))
    elif isinstance(dependency, models.Model):
        model = type(dependency)
        if not has_key(dependency):
            raise TypeError(
                f"No value can depend on a row that is not saved: {dependency!r}. Save it first, or name the model."
            )
        yield model, (*row_tags_of(model, dependency.pk), *map(all_rows_tag, labels_of(model)))
    else:
        model = model_named(dependency)
        yield model, [any_row_tag(labels_of(model)[0])]


def from_replica(dependencies: Dependencies) -> bool:
    """Whether a model is read from a different database than it is written to: a replica lags behind."""
    if not settings.DATABASE_ROUTERS:
        return False
    concerned = map(apps.get_model, dependencies.labels)
    return any(router.db_for_read(model) != router.db_for_write(model) for model in concerned)
