"""Cache types, keys and tags: the only code that builds them.

A *key* identifies an entry of a type: ``kind:value`` or ``kind:value:detail``.
A *tag* identifies something that an entry depends on. Tags of the cache stand for a type, a kind, each leading segment
of a key, and a key. Tags of a model stand for one row, one value of a watched field, all rows, or any row (see
docs/coherence.md).
"""

from dataclasses import dataclass
from re import compile as compile_pattern
from sys import intern
from urllib.parse import unquote

from .exceptions import InvalidKey, InvalidTTL, UnknownCacheType

_ESCAPES = str.maketrans({"%": "%25", ":": "%3A", "*": "%2A", "?": "%3F", "[": "%5B", "\n": "%0A"})
NO_VALUE = "%null"
"""What stands in a key for the rows without a value; ``escape`` returns it for no value."""
_must_escape = compile_pattern(r"[%:*?\[\n]").search
_value_in_tag = compile_pattern(r"([=:]).*")
_types: dict[str, "CacheType"] = {}


@dataclass(frozen=True)
class CacheType:
    """A family of cached values with its own TTL (seconds) and maximum size (entries).

    Declaring a type registers it under its name. Values in settings.CACHING override those given here.
    ``dataclasses`` lists the dataclasses that the values of this type may contain.
    """

    name: str
    ttl: float | None = None
    max_size: int | None = None
    dataclasses: tuple[type, ...] = ()

    def __init__(
        self,
        name: str,
        *,
        ttl: float | None = None,
        max_size: int | None = None,
        dataclasses: tuple[type, ...] = (),
    ) -> None:
        if not name.isidentifier():
            raise ValueError(f"{name!r} cannot name a cache type; use a word such as 'employee'.")
        if max_size is not None and max_size < 1:
            raise ValueError(f"max_size of cache type {name!r} is {max_size}; give at least 1 entry.")
        for attribute, given in (("name", name), ("ttl", positive_ttl(ttl)), ("max_size", max_size)):
            object.__setattr__(self, attribute, given)
        object.__setattr__(self, "dataclasses", tuple(dataclasses))
        _types[name] = self

    def __str__(self) -> str:
        return self.name


def positive_ttl(ttl: float | None) -> float | None:
    """Return the time to live as given; raise InvalidTTL unless it is a positive number or None."""
    if ttl is not None and (isinstance(ttl, bool) or not isinstance(ttl, (int, float)) or not ttl > 0):
        raise InvalidTTL(ttl)
    return ttl


def known_types() -> list[str]:
    """Return the names of all declared types, sorted."""
    return sorted(_types)


def cache_type(name: "str | CacheType") -> CacheType:
    """Return the type with that name; raise UnknownCacheType, which lists the known types."""
    found = _types.get(name if isinstance(name, str) else getattr(name, "name", ""))
    if found is None:
        raise UnknownCacheType(name, _types)
    return found


def escape(value: str) -> str:
    """Escape a value for use inside a key: the result is one line without colons and wildcards, and not empty."""
    return value.translate(_ESCAPES) if _must_escape(value) else value or "%"


def unescape(text: str) -> str:
    """Return the value that ``escape`` has escaped."""
    return "" if text == "%" else unquote(text)


def without_value(tag: str) -> str:
    """Return the tag with its value masked, for logging: the text after = or : may be an e-mail address."""
    return _value_in_tag.sub(r"\1…", tag)


def make_key(kind: str, *parts: object) -> str:
    """Return the key ``kind:value[:detail…]`` with each part escaped."""
    # A subclass of str may spell itself in any way: a secret as "***", a member of an enum by its name.
    texts = (str.__str__(part) if isinstance(part, str) else str(part) for part in parts)
    return ":".join((kind, *map(escape, texts)))


def refuse_kind(kind: str) -> None:
    """Raise ValueError for a kind that a look-up cannot have, because no key begins with it."""
    if ":" in kind or "\n" in kind:
        raise ValueError(
            f"{kind!r} cannot be the kind of a look-up: it is what stands in a key before the first colon."
        )


def kind_of(key: str) -> str:
    """Return the kind of a key; raise InvalidKey if it has no kind or no value."""
    if not isinstance(key, str):
        raise InvalidKey(key)
    kind, separator, value = key.partition(":")
    if not separator or not kind or not value:
        raise InvalidKey(key)
    return kind


def key_tags(type_name: str, key: str) -> tuple[str, ...]:
    """Return the cache tags that an entry depends on: its type, its kind, each leading segment, and the key itself."""
    tags = [type_tag(type_name), kind_tag(type_name, kind_of(key))]
    position = key.find(":", key.find(":") + 1)
    while position != -1:
        tags.append(f"{type_name}/{key[: position + 1]}*")
        position = key.find(":", position + 1)
    tags.append(key_tag(type_name, key))
    return tuple(tags)


def type_tag(type_name: str) -> str:
    return type_name


def kind_tag(type_name: str, kind: str) -> str:
    return intern(f"{type_name}/{kind}")


def key_tag(type_name: str, key: str) -> str:
    return f"{type_name}/{key}"


def pattern_tag(type_name: str, pattern: str) -> str:
    """Return the most specific tag that covers every key the glob can match (too many is safe, too few never is)."""
    if not isinstance(pattern, str) or not pattern:
        raise InvalidKey(pattern)
    wildcard = min((at for at in map(pattern.find, "*?[") if at != -1), default=None)
    if wildcard is None:
        return key_tag(type_name, pattern)
    segments = pattern[:wildcard].split(":")[:-1]
    if not segments:
        return type_tag(type_name)
    if len(segments) == 1:
        return kind_tag(type_name, segments[0])
    return f"{type_name}/{':'.join(segments)}:*"


def is_of_few(tag: str) -> bool:
    """Whether few entries have a tag: that of one row, value or key, and not of a type, a kind or all rows."""
    return ":" in tag or "=" in tag or "#" in tag


def row_tag(label: str, pk: object) -> str:
    """Return the tag of one row of a model, given the model's ``_meta.label``."""
    return f"{label}#{pk}"


def value_tag(label: str, attname: str, value: object) -> str:
    """Return the tag of one value of a watched field; selections by that field depend on it."""
    return f"{label}.{attname}={value}" if value is not None else f"{label}.{attname} is null"


def all_rows_tag(label: str) -> str:
    """Return the tag that writes to unknown rows publish; every entry that contains a row of the model has it."""
    return intern(f"{label}/*")


def any_row_tag(label: str) -> str:
    """Return the tag that every write to the model publishes; it guards loads, and lists of all rows depend on it."""
    return intern(f"{label}/+")
