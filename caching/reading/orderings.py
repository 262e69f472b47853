"""Which other rows decide the order of a list: those joined by what it is ordered by."""

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models.expressions import RawSQL, Subquery, Window
from django.db.models.functions import Random

MAX_STEPS = 10
"""Orderings of models that follow each other; Django refuses a loop itself, when it is used."""


class OrderedByOthers(ValueError):
    """An ordering depends on rows that no join can bring along."""


def paths_ordered_by(model: type[models.Model], order: Any) -> Iterator[str]:
    """Yield the paths of foreign keys whose rows decide the order, as ``select_related`` takes them.

    Raises OrderedByOthers for a relation to many rows, and for a subquery, a window or an aggregate.
    """
    yield from _paths(model, order, MAX_STEPS)


def _paths(model: type[models.Model], order: Any, steps: int) -> Iterator[str]:
    if isinstance(order, str):
        name = order.removeprefix("-").removeprefix("+")
        if name != "?":
            yield from _paths_of_name(model, name, steps, by_ordering=True)
    elif isinstance(order, models.F):
        yield from _paths_of_name(model, order.name, steps, by_ordering=False)  # type: ignore[attr-defined]
    elif isinstance(order, (Subquery, Window, models.Aggregate)) or (isinstance(order, RawSQL) and _selects(order)):
        raise OrderedByOthers(f"{type(order).__name__} reads other rows")
    elif isinstance(order, models.Q):
        for child in order.children:
            yield from _paths_of_condition(model, child, steps)
    elif not isinstance(order, Random):
        for expression in getattr(order, "get_source_expressions", tuple)():
            if expression is not None:
                yield from _paths(model, expression, steps)


def _selects(order: RawSQL) -> bool:
    return "select" in order.sql.lower()


def _paths_of_condition(model: type[models.Model], child: Any, steps: int) -> Iterator[str]:
    """Yield the paths of a part of a Q: another Q, an expression, or the name and value of a look-up."""
    if isinstance(child, tuple):
        yield from _paths_of_name(model, child[0], steps, by_ordering=False)
        child = child[1]
    if hasattr(child, "resolve_expression"):
        yield from _paths(model, child, steps)


def _paths_of_name(model: type[models.Model], name: str, steps: int, *, by_ordering: bool) -> Iterator[str]:
    """Yield the paths of a name such as "department__company__name".

    ``by_ordering``: a name that ends with a foreign key means the ordering of the other model.
    """
    path: list[str] = []
    last: Any = None
    for part in name.split("__"):
        try:
            field: Any = model._meta.pk if part == "pk" else model._meta.get_field(part)
        except FieldDoesNotExist:
            break  # a transform, such as "__lower"
        if last is not None:
            if field is last.target_field:
                # The key of the other row stands in this one.
                last = None
                break
            path.append(last.name)
            yield "__".join(path)
        last = None
        if not field.is_relation:
            break
        if field.one_to_many or field.many_to_many or not getattr(field, "column", None):
            raise OrderedByOthers(f"{field.name!r} stands for rows of other models")
        if part in (field.attname, "pk") and part != field.name:
            break
        last, model = field, field.related_model
    if last is not None and by_ordering and model._meta.ordering:
        path.append(last.name)
        if not steps:
            return
        yield "__".join(path)
        for order in model._meta.ordering:
            yield from ("__".join((*path, further)) for further in _paths(model, order, steps - 1))
