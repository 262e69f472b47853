"""Which models are watched, and which tags a write touches.

    watch(Employee, by=("id", "email"))

declares that cached values depend on rows of Employee, and that entries are selected by its id or its email. From then
on every write to its tables publishes, on any connection, whoever makes it. Declare at start-up, in every process.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models

from ..exceptions import NotWatched
from ..keys import all_rows_tag, any_row_tag, row_tag, value_tag
from .statements import Columns, Write, is_plain_read, parse, tables_named, without_comments

MOST_ROWS = 256
"""More rows of one model in one transaction publish the tag of all rows instead."""
_LONGEST_PARSED_SQL = 20_000
_MOST_PLANS = 4096

TagsOf = Callable[[Any, bool, "Announced | None"], set[str]]


@dataclass(frozen=True, slots=True)
class Target:
    """What a write to one table means for one watched model."""

    label: str
    row_column: str
    """The column that names a row of the model: its primary key, or the foreign key of a through table; "" if none."""
    spell_row: Callable[[Any], Any]
    through: bool
    by: Mapping[str, tuple[str, Callable[[Any], Any]]]
    """Column -> (attname, canonical form) of the watched fields that live in this table."""


@dataclass(frozen=True, slots=True)
class Announced:
    """New values that a statement carries in a form that is not read: column -> values."""

    table: str
    values: Mapping[str, Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Plan:
    """What one text of SQL writes to watched tables: its tags are found by its parameters."""

    cause: str
    tags: TagsOf
    may_commit: bool = False
    """Whether the text holds several statements."""


_watched: dict[str, dict[str, models.Field]] = {}
_targets: defaultdict[str, list[Target]] = defaultdict(list)
_plans: dict[str, Plan | None] = {}
_CONTROL_WORDS = re.compile(
    r"\s*(?:COMMIT|END|ROLLBACK|ABORT|RELEASE|SET|(?:BEGIN|START)\b.*\bISOLATION)\b", re.I | re.S
)
_TRUNCATES_OTHERS = re.compile(r"\bTRUNCATE\b.*\bCASCADE\b", re.I | re.S)
CONTROL = Plan("", lambda params, many, announced: set())
"""The plan of a statement that may end a transaction, or change its isolation, by hand."""
UNWATCHED = Plan("", lambda params, many, announced: set())
"""The plan of a statement that may write, but to no watched table."""
_BEGIN = re.compile(r"\s*(?:BEGIN|START)\b", re.I)
_cause: ContextVar[str | None] = ContextVar("caching_cause", default=None)


def watch(model: type[models.Model], *, by: Iterable[str] = ()) -> None:
    """Publish every write to the model; ``by`` names the fields that cached entries are selected by.

    May be called again with more fields. Raises NotWatched for a field whose values cannot be followed.
    """
    from .receivers import connect

    model = model._meta.concrete_model or model
    label = model._meta.label
    fields = _watched.setdefault(label, {})
    for name in by:
        field = _followable(model, name)
        if not field.primary_key:
            # The tag of the row itself is the tag of its key.
            fields[field.attname] = field
    for parent in model._meta.get_parent_list():
        watch(parent)
    _target_tables(model, fields)
    _plans.clear()
    changed_by_the_database.cache_clear()
    connect(model)


_FOLLOWED: tuple[type[models.Field], ...] = (
    *(models.IntegerField, models.CharField, models.TextField),
    *(models.UUIDField, models.BooleanField, models.DateField),
)


def column_of(model: type[models.Model], name: str) -> models.Field:
    """Return the field of that name that has a column of its own; raise NotWatched if the model has none."""
    try:
        field = model._meta.pk if name == "pk" else model._meta.get_field(name)
    except FieldDoesNotExist as error:
        raise NotWatched(f"{model._meta.label} has no field {name!r} to watch.") from error
    if not isinstance(field, models.Field) or not field.column:
        raise NotWatched(f"{model._meta.label}.{name} is not a column, so it cannot be watched by value.")
    return field


def target_of(field: models.Field) -> models.Field:
    """Return the field whose values a column holds: for a foreign key the one it refers to in the end."""
    while isinstance(field, models.ForeignKey):
        field = field.target_field
    return field


def _followable(model: type[models.Model], name: str) -> models.Field:
    field = column_of(model, name)
    if getattr(field, "generated", False) or not _has_one_spelling(field):
        raise NotWatched(
            f"{model._meta.label}.{name} cannot be watched by value; "
            "watch a column of whole numbers, text, UUIDs, dates or booleans, or a foreign key."
        )
    return field


def _has_one_spelling(field: models.Field) -> bool:
    """Whether values that are equal for the database can be brought into one form."""
    target = target_of(field)
    # One moment has many spellings: with and without a zone, in this one and in that.
    return isinstance(target, _FOLLOWED) and not isinstance(target, models.DateTimeField) and not _enciphers(target)


def _enciphers(field: models.Field) -> bool:
    """Whether the database holds something else than what Django makes of a value: it cannot be read in a statement."""
    own = {"get_db_prep_value", "get_db_prep_save", "from_db_value"}
    return any(
        not own.isdisjoint(vars(base)) for base in type(field).__mro__ if not base.__module__.startswith("django.")
    )


def _target_tables(model: type[models.Model], fields: Mapping[str, models.Field]) -> None:
    label = model._meta.label
    tables = {base._meta.db_table: base for base in (model, *model._meta.get_parent_list())}
    for table, base in tables.items():
        by = {
            str(field.column): (attname, canonical(field))
            for attname, field in fields.items()
            if field.model._meta.db_table == table
        }
        # A second parent has keys of its own: a write to its table says nothing about ours.
        named = base in _share_the_key_of(model) and _has_one_spelling(base._meta.pk)
        column = str(base._meta.pk.column) if named else ""
        _set_target(table, Target(label, column, canonical(base._meta.pk), False, by))
    for through, column in _through_tables(model):
        _set_target(through, Target(label, column, canonical(model._meta.pk), True, {}))


def _share_the_key_of(model: type[models.Model]) -> set[type[models.Model]]:
    """Return the model and those of its parents whose primary key is its own."""
    key: Any = model._meta.pk
    found = {model, key.model}
    while key.remote_field:
        key = key.target_field
        found.add(key.model)
    return found


def _set_target(table: str, target: Target) -> None:
    others = [
        other for other in _targets[table] if (other.label, other.row_column) != (target.label, target.row_column)
    ]
    _targets[table] = [*others, target]


def _through_tables(model: type[models.Model]) -> Iterator[tuple[str, str]]:
    """Yield (table, column naming our row, if any) of each many-to-many relation with the model at one of its ends."""
    sharing = _share_the_key_of(model)
    for field in model._meta.get_fields(include_hidden=True):
        relation = field.remote_field if field.many_to_many else None
        through = getattr(relation, "through", None) or getattr(field, "through", None)
        if through is None or not field.many_to_many:
            continue
        for foreign_key in through._meta.fields:
            if foreign_key.is_relation and issubclass(model, foreign_key.related_model._meta.concrete_model):
                # One that refers to another field than our key says nothing about which of our rows it is.
                key = foreign_key.target_field
                ours = key.primary_key and key.model in sharing and _has_one_spelling(key)
                yield through._meta.db_table, foreign_key.column if ours else ""


@cache
def canonical(field: models.Field) -> Callable[[Any], Any]:
    """Return the function that turns any spelling of a value of the field into the one that stands in tags."""
    target = target_of(field)
    if not _has_one_spelling(target):
        # A key that is a moment or a fraction: all rows share a tag.
        return lambda value: "*"
    whole = isinstance(target, models.IntegerField) and type(target).__module__.startswith("django.")

    def spell(value: Any) -> Any:
        if value is None or (whole and type(value) is int):
            return value
        # In the form that reaches the database: a field may strip or fold what it is given.
        value = target.get_prep_value(target.to_python(value))
        # Two texts that a database may find equal must not have different tags.
        return value.casefold() if isinstance(value, str) else value.hex if isinstance(value, UUID) else value

    return spell


def is_watched(label: str) -> bool:
    return label in _watched


def watched_labels() -> tuple[str, ...]:
    """Return the labels of all watched models."""
    return tuple(_watched)


@dataclass(frozen=True, slots=True)
class Selection:
    """All rows of a model that have one value in one watched field; made by ``rows_where``."""

    model: type[models.Model]
    tag: str


def rows_where(model: type[models.Model], **field: Any) -> Selection:
    """Return the selection of the rows whose field has a value, such as ``rows_where(Shift, name="Night")``.

    For ``depends_on``: the value then depends on these rows alone. Raises NotWatched if the field is not watched.
    """
    if len(field) != 1:
        raise TypeError(f"rows_where takes one field and its value, not {len(field)}.")
    ((name, value),) = field.items()
    return Selection(model, selection_tag(model, name, value))


def selection_tag(model: type[models.Model], name: str, value: Any) -> str:
    """Return the tag of "all rows whose field has this value"; the field must be watched."""
    label = labels_of(model)[0]
    field = column_of(model, name)
    if field.primary_key:
        return row_tag(label, canonical(field)(value))
    if field.attname not in _watched[label]:
        raise NotWatched(
            f"{label} is not watched by {name!r}. Declare watch({model.__name__}, by=({name!r},)) at start-up."
        )
    return value_tag(label, field.attname, canonical(field)(value))


def row_tags_of(model: type[models.Model], pk: Any) -> list[str]:
    """Return the tags of one row: under the label of the model and of each of its parents."""
    spelled = pk if pk.__class__ is int else canonical(model._meta.pk)(pk)
    return [row_tag(label, spelled) for label in labels_of(model)]


@cache
def labels_of(model: type[models.Model]) -> list[str]:
    """Return the watched labels under which rows of the model are known: its own and its parents'."""
    concrete = model._meta.concrete_model or model
    found = [base._meta.label for base in (concrete, *concrete._meta.get_parent_list())]
    if found[0] not in _watched:
        raise NotWatched(
            f"Rows of {found[0]} cannot be cached: nobody watches its writes. "
            f"Declare watch({concrete.__name__}) at start-up."
        )
    return found


def tags_of_row(row: models.Model) -> set[str]:
    """Return what a write of this instance publishes: the row, the new values of its watched fields, "any row"."""
    tags = set()
    for label in labels_of(type(row)):
        tags |= {any_row_tag(label), row_tag(label, canonical(row._meta.pk)(row.pk))}
        for attname, field in _watched[label].items():
            if attname not in row.__dict__:
                continue
            tags |= _value_tags(label, attname, canonical(field), (row.__dict__[attname],)) or {all_rows_tag(label)}
    return tags


def tags_of_model(model: type[models.Model]) -> set[str]:
    """Return what a write to unknown rows of the model publishes."""
    return {tag for label in labels_of(model) for tag in (all_rows_tag(label), any_row_tag(label))}


def _value_tags(label: str, attname: str, spell: Callable[[Any], Any], values: Iterable[Any]) -> set[str] | None:
    """Return the tags of some values of a watched field, None if one of them only the database can tell."""
    try:
        return {value_tag(label, attname, spell(value)) for value in values}
    except (ValidationError, TypeError, ValueError):
        return None


# -- from a statement to tags ----------------------------------------------------------------------------------------


def plan_of(sql: str) -> Plan | None:
    """Return what the text writes to watched tables, or None if it writes nothing."""
    try:
        return _plans[sql]
    except KeyError:
        if sql.startswith(("SAVEPOINT ", "RELEASE SAVEPOINT ", "ROLLBACK TO ")) and ";" not in sql:
            # Each has a name of its own, so it is not worth remembering.
            return None if sql.startswith("SAVEPOINT") else CONTROL
        plan = _make_plan(sql)
        if len(sql) <= _LONGEST_PARSED_SQL:
            if len(_plans) >= _MOST_PLANS:
                _plans.clear()
            _plans[sql] = plan
        return plan


def _make_plan(sql: str) -> Plan | None:
    if is_plain_read(sql):
        return None
    long_insert = len(sql) > _LONGEST_PARSED_SQL and sql.startswith("INSERT ")
    write = None if len(sql) > _LONGEST_PARSED_SQL else parse(sql)
    cascades = changed_by_the_database()
    if write:
        targets = tuple(_targets.get(write.table, ()))
        others = cascades.get(write.table, frozenset()) if write.verb == "delete" else frozenset()
        if targets or others:
            return Plan(_cause_of(write, sql, targets), _exact_tags(write, targets, others))
    labels: set[str] = set()
    known = {*_targets, *cascades}
    for table in known if _TRUNCATES_OTHERS.search(sql) else tables_named(sql, known):
        labels.update(target.label for target in _targets.get(table, ()))
        labels.update(cascades.get(table, ()))
    if not labels:
        bare = without_comments(sql)
        if _CONTROL_WORDS.match(bare) or ";" in sql:
            return CONTROL
        return None if _BEGIN.match(bare) else UNWATCHED
    tags = {tag for label in labels for tag in _unknown_rows(label)}
    return Plan("bulk" if long_insert else "safety_net", lambda params, many, announced: set(tags), ";" in sql)


@cache
def changed_by_the_database() -> Mapping[str, frozenset[str]]:
    """Return, by table, the watched models whose rows the database itself changes when rows of the table are deleted.

    That is what Django 6.1 calls DB_CASCADE, DB_SET_NULL and DB_SET_DEFAULT: no statement names those rows.
    """
    referring: defaultdict[str, set[type[models.Model]]] = defaultdict(set)
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.concrete_fields:
            if isinstance(field, models.ForeignKey) and hasattr(field.remote_field.on_delete, "on_delete_sql"):
                referring[field.remote_field.model._meta.db_table].add(model)
    return {table: frozenset(_reached(table, referring)) for table in tuple(referring)}


def _reached(table: str, referring: Mapping[str, set[type[models.Model]]]) -> Iterator[str]:
    """Yield the watched labels among the models that a deletion reaches, over any number of steps."""
    seen: set[type[models.Model]] = set()
    reached = [table]
    while reached:
        for model in referring.get(reached.pop(), set()) - seen:
            seen.add(model)
            reached.append(model._meta.db_table)
            yield from (target.label for target in _targets.get(model._meta.db_table, ()))


def _cause_of(write: Write, sql: str, targets: tuple[Target, ...]) -> str:
    if targets and all(target.through for target in targets):
        return "m2m"
    if write.verb == "delete":
        return "delete"
    return "bulk" if " IN (" in sql or "), (" in sql or "UNNEST" in sql else "save"


def _unknown_rows(label: str) -> tuple[str, str]:
    return all_rows_tag(label), any_row_tag(label)


def _exact_tags(write: Write, targets: tuple[Target, ...], cascaded: frozenset[str]) -> TagsOf:
    always = {tag for label in cascaded for tag in _unknown_rows(label)}

    def tags(params: Any, many: bool, announced: Announced | None) -> set[str]:
        executions = params if many else (params or (),)
        found = set(always)
        try:
            for one in executions:
                before, after = write.rows(one), write.values(one)
                for target in targets:
                    found |= _tags_of_write(write, target, before, after, announced)
        except (ValidationError, LookupError, TypeError, ValueError, OverflowError):
            # Parameters by name, or some that the database will refuse.
            return always.union(*(_unknown_rows(target.label) for target in targets))
        return found

    return tags


def _names_rows(write: Write, target: Target, before: Columns, after: Columns) -> bool:
    """Whether the statement says which rows of the model it changes. A new row changes none, a new relation does."""
    if write.verb == "insert":
        return not target.through or target.row_column in after
    return target.row_column in before


def _tags_of_write(
    write: Write,
    target: Target,
    before: Columns,
    after: Columns,
    announced: Announced | None,
) -> set[str]:
    label = target.label
    rows = (*before.get(target.row_column, ()), *after.get(target.row_column, ()))
    if len(rows) > MOST_ROWS or not _names_rows(write, target, before, after):
        return set(_unknown_rows(label))
    tags = {any_row_tag(label), *(row_tag(label, target.spell_row(row)) for row in rows)}
    for column, (attname, spell) in target.by.items():
        values = after.get(column)
        if column in write.unknown and announced is not None and announced.table == write.table:
            values = announced.values.get(column)
        elif values is None and write.verb != "insert" and write.unknown.isdisjoint((column, column.lower())):
            # Not set, so unchanged.
            continue
        if values is None or len(values) > MOST_ROWS:
            return set(_unknown_rows(label))
        known = _value_tags(label, attname, spell, values)
        if known is None:
            return set(_unknown_rows(label))
        tags |= known
    return tags


def collapse(tags: set[str]) -> set[str]:
    """Return the tags of a transaction with more than MOST_ROWS rows of a model replaced by "all rows" of it."""
    if len(tags) <= MOST_ROWS:
        return tags
    by_label: defaultdict[str, set[str]] = defaultdict(set)
    for tag in tags:
        for label in _watched:
            if tag.startswith(label) and tag[len(label)] in "#./":
                by_label[label].add(tag)
    for label, own in by_label.items():
        if len(own) > MOST_ROWS:
            tags = (tags - own) | set(_unknown_rows(label))
    return tags


@contextmanager
def cause(name: str) -> Iterator[None]:
    """Name what invalidations inside the block are counted and logged as."""
    token = _cause.set(name)
    try:
        yield
    finally:
        _cause.reset(token)


def current_cause(default: str) -> str:
    return _cause.get() or default
