"""The dataclasses that a cache type declares, which its values may contain."""

import dataclasses
from collections.abc import Iterable
from functools import cache
from hashlib import blake2b
from typing import Any


def make_record(cls: type, fields: Iterable[tuple[str, Any]]) -> Any:
    """Return an instance with these fields, without calling ``__init__``: it ran when the original was created."""
    instance: Any = object.__new__(cls)
    for name, value in fields:
        object.__setattr__(instance, name, value)
    return instance


def is_frozen(cls: Any) -> bool:
    return bool(cls.__dataclass_params__.frozen)


@cache
def record_fingerprint(cls: Any) -> str:
    described = ";".join(f"{field.name}:{field.type}" for field in dataclasses.fields(cls))
    return blake2b(described.encode(), digest_size=8).hexdigest()
