"""Reading rows for the cache: in chunks that fit a query, without creating instances, joined to other rows."""

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from django.db import models
from django.db.models.sql.constants import MULTI

from ..coherence.columns import column_of
from ..exceptions import Uncacheable
from ..values.columns import attnames, key_names
from ..values.construction import is_plain, makes_its_own_rows, reads_its_own_columns
from ..values.fetching import mode_of_query, row_of
from ..values.fields import Made, made_fields
from ..values.forms import Frozen, Row
from ..values.freezing import freeze
from .asked import in_doubt
from .in_many import in_many

MAX_IN_ONE_QUERY = 10_000
_PLAIN_FIELDS = (
    *(models.CharField, models.TextField, models.IntegerField, models.BooleanField, models.DecimalField),
    *(models.DateField, models.TimeField, models.DurationField, models.UUIDField, models.FloatField, models.ForeignKey),
)


def parts(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Yield the values in chunks that fit into one query."""
    for start in range(0, len(values), MAX_IN_ONE_QUERY):
        yield values[start : start + MAX_IN_ONE_QUERY]


def join(rows: Sequence[Any], path: Sequence[str]) -> None:
    """Set the related instances of rows along a path of foreign keys; each related row is read once."""
    if not rows or not path:
        return
    field: Any = column_of(type(rows[0]), path[0])
    if field.remote_field.parent_link:
        return  # the row has the columns of its parent, and select_related leaves the parent out
    keys = {getattr(row, field.attname) for row in rows} - {None}
    joined = _by_key(field, keys, rows[0])
    for row in rows:
        key = getattr(row, field.attname)
        if key is None:
            field.set_cached_value(row, None)  # as select_related does, and below
        elif (other := joined.get(key)) is not None:
            field.set_cached_value(row, other)
            if field.unique:
                field.remote_field.set_cached_value(other, row)
    join(list(joined.values()), path[1:])


def _by_key(field: Any, keys: Collection[Any], row: Any) -> dict[Any, Any]:
    """Return the instances that a foreign key refers to, by the column that it refers to (``to_field``)."""
    target = field.target_field
    queryset = _joined(field, row._state.db, getattr(row._state, "fetch_mode", None))
    return {
        getattr(other, target.attname): other for part in parts(list(keys)) for other in in_many(queryset, target, part)
    }


def _joined(field: Any, database: str | None, fetch_mode: Any) -> "models.QuerySet[Any]":
    """Return the rows that a foreign key may refer to as a join reads them: no manager leaves any out."""
    queryset: Any = models.QuerySet(field.related_model, using=database)
    return queryset if fetch_mode is None else queryset.fetch_mode(fetch_mode)  # type: ignore[no-any-return]


def frozen_rows(queryset: "models.QuerySet[Any]") -> list[Row] | None:
    """Run a query and return its rows in frozen form, in order. Without instances this takes a third of the time.

    Return None if instances are needed: without a query if a column may hold mutable values, unless the instances are
    made of what the columns hold at each read.
    """
    model: Any = queryset.model
    names = list(attnames(model))
    if makes_its_own_rows(queryset) or reads_its_own_columns(queryset) or not _has_all_columns(queryset):
        return None
    if (mode := mode_of_query(queryset)) is None:
        return None
    make = row_of(mode)
    if are_made_at_each_read(model):
        return _rows_as_held(queryset, names, make)
    if not all(map(_is_plain, model._meta.concrete_fields)):
        return None
    return [
        make(model, queryset.db, dict(zip(names, values, strict=True)), (), ())
        for values in _converted_rows(queryset.values_list(*names))
    ]


def are_made_at_each_read(*kinds: Any) -> bool:
    """Whether code that is not Django's makes instances, or values of them, of what the columns hold.

    It may make something else at another moment or of its own result: a hit gives it what Django would give it.
    """
    return any(not is_plain(model) or made_fields(model) for model in kinds)


def _rows_as_held(queryset: "models.QuerySet[Any]", names: list[str], make: Callable[..., Row]) -> list[Row] | None:
    """Return rows with what the columns hold, of which fields and constructors make instances later."""
    model: Any = queryset.model
    made = made_fields(model)
    converted = _converted_rows(queryset.values_list(*names), frozenset(map(names.index, made)))
    rows = (dict(zip(names, values, strict=True)) for values in converted)
    try:
        return [_row_as_held(make, model, queryset.db, fields, made) for fields in rows]
    except Uncacheable:
        return None


def _row_as_held(
    make: Callable[..., Row], model: type[models.Model], db: str, fields: dict[str, Any], made: Collection[str]
) -> Row:
    frozen: dict[str, Frozen] = {}
    for name, value in fields.items():
        held = freeze(value).value
        if name in made:
            frozen[name] = Made(model, name, db, held)
        elif isinstance(held, Frozen):
            frozen[name] = held
    plain = {name: fields[name] for name in fields if name not in frozen}
    row = make(model, db, plain, tuple(frozen.items()), ())
    if frozen.keys() & set(key_names(model)) and not isinstance(row.pk, Hashable):
        raise Uncacheable(f"A {model._meta.label} cannot be cached: its key can be changed.")
    return row


def frozen_rows_by_value(
    rows: Iterable[Row], attname: str, normalise: Callable[[Any], Any]
) -> defaultdict[Any, list[Row]]:
    """Return frozen rows by their value of a field, as ``normalise`` gives it."""
    found: defaultdict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        found[row.fields[attname] if attname in row.fields else _value_of(row, attname, normalise)].append(row)
    return found


def _value_of(row: Row, attname: str, normalise: Callable[[Any], Any]) -> Any:
    form = dict(row.frozen_fields)[attname]
    # What the field makes of its column may stand for several values that are not equal there.
    return form.stored if isinstance(form, Made) else normalise(form.thaw())


Load = Callable[[Sequence[Any]], list[Any]]


def rows_by_value(attname: str, values: Sequence[Any], load: Load, *, are_made: bool = False) -> dict[Any, list[Any]]:
    """Return the rows of each value of a field, from one query unless the rows do not say whose they are.

    ``are_made`` says that the field makes something of its own of the value in its column.
    """
    if len(values) == 1 or are_made:
        return {value: load([value]) for value in values}
    rows = load(values)
    found: defaultdict[Any, list[Any]] = defaultdict(list)
    for row in rows:
        found[getattr(row, attname)].append(row)
    # What constructs the rows may have changed the field.
    doubtful = in_doubt(values, found)
    return {value: load([value]) if value in doubtful else found[value] for value in values}


def join_frozen(rows: Sequence[Row], field: Any) -> bool:
    """Give frozen rows the frozen rows that a foreign key refers to; return False if instances are needed for that."""
    if field.remote_field.parent_link:
        return True
    if rows and field.attname in made_fields(rows[0].model):
        return False
    keys = {row.fields[field.attname] for row in rows} - {None}
    target = field.target_field
    by_key: dict[Any, Row] = {}
    for part in parts(list(keys)):
        joined = frozen_rows(in_many(_joined(field, rows[0].db, rows[0].fetch_mode), target, part))
        if joined is None:
            return False
        by_key |= {other.fields[target.attname]: other for other in joined}
    for row in rows:
        if (key := row.fields[field.attname]) is None or key in by_key:
            row.related += ((field.name, by_key.get(key)),)
    return True


def _has_all_columns(queryset: "models.QuerySet[Any]") -> bool:
    names, is_deferred = queryset.query.deferred_loading
    return not names and is_deferred


def _is_plain(field: "models.Field[Any, Any]") -> bool:
    """Whether the values that the field reads from the database are immutable."""
    return isinstance(field, _PLAIN_FIELDS)


def _converted_rows(
    queryset: "models.QuerySet[Any]", as_held: Collection[int] = frozenset()
) -> Iterable[tuple[Any, ...]]:
    """Return the rows of a ``values_list``, converting each distinct value of a column only once.

    Of the columns whose places are in ``as_held``, the field itself converts nothing. On SQLite each date and decimal
    passes through several Python functions, and all rows of an import share a moment.
    """
    compiler = queryset.query.get_compiler(queryset.db)
    columns = list(zip(*chain.from_iterable(compiler.execute_sql(MULTI) or ()), strict=True))
    if not columns:
        return ()
    selected = [expression for expression, _, _ in compiler.select]
    for at, (converters, expression) in compiler.get_converters(selected).items():
        if at in as_held:
            converters = compiler.connection.ops.get_db_converters(expression)
        columns[at] = _converted(columns[at], converters, expression, compiler.connection)
    return zip(*columns, strict=True)


def _converted(column: Sequence[Any], converters: Iterable[Any], expression: Any, connection: Any) -> tuple[Any, ...]:
    def converted(value: Any) -> Any:
        for convert in converters:
            value = convert(value, expression, connection)
        return value

    try:
        by_value = {raw: converted(raw) for raw in set(column)}
    except TypeError:  # an array cannot be a key
        return tuple(map(converted, column))
    return tuple(by_value[raw] for raw in column)
