"""Values of every kind that can be cached, and what tells two of them apart."""

import dataclasses
import datetime
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from caching.values.encoding import decode, encode
from caching.values.freezing import freeze, thaw
from scheduling.models import Employee


@dataclasses.dataclass(frozen=True, slots=True)
class Point:
    x: int
    tags: Any = ()


@dataclasses.dataclass
class Box:
    content: Any


DECLARED = (Point, Box)


ZONES = st.none() | st.sampled_from(
    [
        datetime.UTC,
        datetime.timezone(datetime.timedelta(hours=5, minutes=45)),
        datetime.timezone(datetime.timedelta(hours=-3), "Local"),
        datetime.timezone(datetime.timedelta(0), "GMT"),
        datetime.timezone(datetime.timedelta(microseconds=-1)),
        ZoneInfo("Europe/Paris"),
        ZoneInfo("America/New_York"),
    ]
)


HASHABLE_ATOMS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False),
    st.text(),
    st.binary(),
    st.datetimes(timezones=ZONES, allow_imaginary=True),
    st.dates(),
    st.times(timezones=ZONES),
    st.timedeltas(),
    st.decimals(allow_nan=False),
    st.uuids(),
)


HASHABLE = st.recursive(
    HASHABLE_ATOMS,
    lambda inner: st.one_of(st.tuples(inner, inner), st.frozensets(inner, max_size=3), st.builds(Point, st.integers())),
    max_leaves=5,
)


VALUES = st.recursive(
    HASHABLE,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(HASHABLE, inner, max_size=4),
        st.sets(HASHABLE, max_size=4),
        st.builds(Point, st.integers(), inner),
        st.builds(Box, inner),
    ),
    max_leaves=12,
)


def copied(value: Any) -> Any:
    return thaw(freeze(value, DECLARED).value)


def through_bytes(value: Any) -> Any:
    return thaw(decode(encode(freeze(value, DECLARED).value), DECLARED))


def described(value: Any) -> Any:
    """Return what tells two values apart where ``==`` does not: types, order, zones, folds, signs of zero."""
    kind = type(value)
    if kind is dict:
        return kind, [(described(key), described(item)) for key, item in value.items()]
    if kind in (set, frozenset):
        return kind, sorted(map(repr, map(described, value)))
    if kind in (list, tuple):
        return kind, [described(item) for item in value]
    if kind in DECLARED:
        return kind, [described(getattr(value, field.name)) for field in dataclasses.fields(value)]
    if kind in (datetime.datetime, datetime.time):
        return kind, repr(value.replace(tzinfo=None)), repr(value.tzinfo), value.fold
    return kind, hex(value) if kind is int else repr(value)


def everything_reachable(value: Any) -> list[Any]:
    """Return the containers inside a value that can be changed in place."""
    found = [value] if isinstance(value, (list, dict, set, Box)) else []
    if isinstance(value, dict):
        inner: Any = value.values()
    elif isinstance(value, (list, tuple, set, frozenset)):
        inner = value
    elif type(value) in DECLARED:
        inner = [getattr(value, field.name) for field in dataclasses.fields(value)]
    else:
        inner = ()
    return found + [container for item in inner for container in everything_reachable(item)]


@dataclasses.dataclass(unsafe_hash=True)
class HashableBox:
    content: Any = dataclasses.field(hash=False)


def loaded(**values: Any) -> Employee:
    """Return an employee as a query that selects these columns makes it."""
    return Employee.from_db("default", list(values), list(values.values()))
