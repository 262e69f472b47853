"""Rows of another model, reached through a relation: the models are above the querysets, which cannot import them."""

from __future__ import annotations

from typing import Any

from django.db import models


def rows_related(model: type[models.Model], relation: str) -> Any:
    """Return all rows of the model at the other end of a relation, as a queryset."""
    other = model._meta.get_field(relation).related_model
    if not isinstance(other, type):
        raise TypeError(f"{model._meta.label}.{relation} is not a relation.")
    return other._default_manager.all()
