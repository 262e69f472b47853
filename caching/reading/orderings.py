"""Which other rows decide the order of a list: those joined by what it is ordered by."""

import re
from collections.abc import Iterator
from inspect import isclass
from typing import Any

from django.conf import settings
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models.expressions import Col, RawSQL, Subquery, Window
from django.db.models.functions.datetime import TimezoneMixin

MAX_STEPS = 10
"""Orderings of models that follow each other; Django refuses a loop itself, when it is used."""


_BY_TIME_ZONE = "a part of a moment, which depends on the time zone that is active"
_OTHER_EACH_TIME = frozenset({"Now", "Random", "RandomUUID", "TransactionNow", "UUID4", "UUID7"})
_NAMES_OTHER_EACH_TIME = re.compile(
    r"\b(?:rand\w*|now|today|current_?\w*|clock_\w+|local(?:time|date)\w*|\w*_timestamp|gen_random\w*|nextval)\b", re.I
)


class OrderedByOthers(ValueError):
    """An ordering depends on what is no column of the rows, and no join can bring along."""


def paths_ordered_by(model: type[models.Model], order: Any) -> Iterator[str]:
    """Yield the paths of foreign keys whose rows decide the order, as ``select_related`` takes them.

    Raises OrderedByOthers for a relation to many rows, and for a subquery, a window or an aggregate.
    """
    yield from _paths(model, order, MAX_STEPS)


def _paths(model: type[models.Model], order: Any, steps: int) -> Iterator[str]:
    if isinstance(order, str):
        name = order.removeprefix("-").removeprefix("+")
        if name == "?":
            raise OrderedByOthers("that is another order at each read")
        yield from _paths_of_name(model, name, steps, by_ordering=True)
    elif isinstance(order, models.F):
        yield from _paths_of_name(model, order.name, steps, by_ordering=False)  # type: ignore[attr-defined]
    elif isinstance(order, (Subquery, Window, models.Aggregate)) or (isinstance(order, RawSQL) and _selects(order)):
        raise OrderedByOthers(f"{type(order).__name__} reads other rows, whose changes would not drop them")
    elif _is_other_each_time(order):
        raise OrderedByOthers(f"{type(order).__name__} gives another order at each read")
    elif isinstance(order, TimezoneMixin) and order.tzinfo is None and _may_be_a_moment(model, order):
        raise OrderedByOthers(_BY_TIME_ZONE)
    elif isinstance(order, Col):
        if order.alias not in {base._meta.db_table for base in (model, *model._meta.get_parent_list())}:
            raise OrderedByOthers("an alias for a column of other rows, whose changes would not drop them")
    elif isinstance(order, models.Q):
        for child in order.children:
            yield from _paths_of_condition(model, child, steps)
    else:
        for expression in getattr(order, "get_source_expressions", tuple)():
            if expression is not None:
                yield from _paths(model, expression, steps)


def _is_other_each_time(order: Any) -> bool:
    if isinstance(order, RawSQL):
        return bool(_NAMES_OTHER_EACH_TIME.search(order.sql))
    by_hand = (order.function, *map(str, order.extra.values())) if isinstance(order, models.Func) else ()
    named = any(_NAMES_OTHER_EACH_TIME.search(str(text)) for text in by_hand if text)
    return type(order).__name__ in _OTHER_EACH_TIME or (named and type(order) is models.Func)


def _may_be_a_moment(model: type[models.Model], part: Any) -> bool:
    """Whether a part of a date that is taken from an expression depends on the time zone that is active."""
    if not settings.USE_TZ:
        return False
    expression = part.lhs
    field: Any = getattr(expression, "target", None)
    try:
        for name in expression.name.split("__") if isinstance(expression, models.F) else ():  # type: ignore[attr-defined]
            field = (model if field is None else field.related_model)._meta.get_field(name)
    except (FieldDoesNotExist, AttributeError):
        return True
    return not isinstance(field, (models.DateField, models.TimeField)) or isinstance(field, models.DateTimeField)


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
    parts = name.split("__")
    for at, part in enumerate(parts, 1):
        try:
            field: Any = model._meta.pk if part == "pk" else model._meta.get_field(part)
        except FieldDoesNotExist:
            break  # a transform, such as "__lower"
        if last is not None:
            is_ordered = by_ordering and field.is_relation and part not in (getattr(field, "attname", None), "pk")
            goes_on = (field.is_relation and at < len(parts)) or (is_ordered and field.related_model._meta.ordering)
            if field is last.target_field and not goes_on:
                # The key of the other row stands in this one.
                last = None
                break
            yield from _stepped(path, last)
        last = None
        if not field.is_relation:
            transform: Any = field.get_transform(parts[at]) if at < len(parts) and settings.USE_TZ else None
            if isinstance(field, models.DateTimeField) and isclass(transform) and issubclass(transform, TimezoneMixin):
                raise OrderedByOthers(_BY_TIME_ZONE)
            break
        if field.one_to_many or field.many_to_many or not getattr(field, "column", None):
            raise OrderedByOthers(f"{field.name!r} stands for rows of other models, whose changes would not drop them")
        if part in (field.attname, "pk") and part != field.name:
            break
        last, model = field, field.related_model
    if last is not None and by_ordering and model._meta.ordering:
        if not steps:
            return
        yield from _stepped(path, last)
        for order in model._meta.ordering:
            yield from ("__".join((*path, further)) for further in _paths(model, order, steps - 1))


def _stepped(path: list[str], key: Any) -> Iterator[str]:
    """Go along a foreign key, and yield the path; the columns of a parent are in the row itself, without a step."""
    if not key.remote_field.parent_link:
        path.append(key.name)
        yield "__".join(path)
