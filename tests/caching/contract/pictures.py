"""What two instances are compared by: a picture that says all that a caller can see of one."""

from collections.abc import Mapping
from typing import Any

from django.db import models
from django.db.models.fields.files import FieldFile

PREFETCHED = "_prefetched_objects_cache"
"""What a manager prefetches is not kept."""


def picture(row: models.Model, left_out: frozenset[str] = frozenset(), inside: tuple[int, ...] = ()) -> dict[str, Any]:
    """Return what there is to see of an instance, as text by name.

    ``left_out`` names what a cached row may read from the database when it is asked for: columns and joined rows.
    """
    if id(row) in inside:
        return {"is": "a row that it is joined to"}
    inside = (*inside, id(row))
    state, held = row._state, row.__dict__.copy()
    joined = {
        name: other if other is None else picture(other, left_out, inside)
        for name, other in state.fields_cache.items()
        if name not in left_out
    }
    found = {
        "class": type(row).__qualname__,
        "state": f"{type(state).__qualname__} db={state.db} adding={state.adding}",
        "fetches": type(getattr(state, "fetch_mode", None)).__qualname__,
        "attributes": sorted(held.keys() - left_out - {PREFETCHED}),
        "deferred": sorted(row.get_deferred_fields() - left_out),
        "joined": joined,
        "key": spelled(row.pk),
    }
    attnames = [field.attname for field in row._meta.concrete_fields]
    # As it is held, and as it is asked for: a descriptor may make something else of it, as that of a file does.
    found |= {f"held {name}": _as_held(held[name]) for name in attnames if name in held and name not in left_out}
    found |= {name: spelled(getattr(row, name), row) for name in attnames if name in held or name in left_out}
    others = held.keys() - {*attnames, "_state", PREFETCHED}
    return found | {f"other {name}": spelled(held[name]) for name in others}


def _as_held(value: Any) -> str:
    return spelled(value.name if isinstance(value, FieldFile) else value)


def spelled(value: Any, row: models.Model | None = None) -> str:
    """Return a value and its type as text, equal only for values that nobody can tell apart."""
    kind = type(value).__qualname__
    if isinstance(value, FieldFile):
        return f"{kind}({value.name!r}) of {'its row' if value.instance is row else 'another row'}"
    if isinstance(value, (list, tuple)):
        return f"{kind}({', '.join(map(spelled, value))})"
    if isinstance(value, (set, frozenset)):
        return f"{kind}({', '.join(sorted(map(spelled, value)))})"
    if isinstance(value, Mapping):
        return f"{kind}({', '.join(f'{spelled(key)}: {spelled(item)}' for key, item in value.items())})"
    if isinstance(value, memoryview):
        return f"{kind}({bytes(value)!r})"
    if isinstance(value, str):
        return f"{kind}({str.__str__(value)!r})"
    if type(value).__repr__ is object.__repr__:
        return f"{kind}({ {name: spelled(item) for name, item in vars(value).items()} })"
    return f"{kind}({value!r})"


def differences(wanted: Any, found: Any, path: str = "") -> list[str]:
    """Return in which parts two pictures differ, or lists and dicts of them."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        names = dict.fromkeys((*wanted, *found))
        pairs = ((name, wanted.get(name, "nothing"), found.get(name, "nothing")) for name in names)
    elif isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        pairs = ((number, *pair) for number, pair in enumerate(zip(wanted, found, strict=True)))
    else:
        return [] if wanted == found else [f"{path or 'it'} is {found!s:.300}, Django gives {wanted!s:.300}"]
    return [text for name, *pair in pairs for text in differences(*pair, f"{path}[{name!r}]" if path else f"{name!r}")]
