"""Where an answer is held, beyond its type and key: the scope, the databases and the filter that it depends on.

Tags know nothing of places: a write in one scope or database drops the answers of all.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import models, router

from .. import databases
from ..exceptions import SharedKeys

Scope = Callable[[], str | None]
Place = Callable[[], str | None]
"""Returns where an answer of now is held, None if it must pass the cache."""
_BESIDE = "|beside"
_ESCAPES = str.maketrans({"%": "%25", "\n": "%0A", "|": "%7C"})


def anything(value: Any) -> bool:
    """Accept any value."""
    return True


@dataclass(frozen=True)
class Declared:
    """What the keys of one type and kind answer, as a look-up declared it."""

    name: str
    """"shop.Order.status"."""
    options: str
    """What else decides what an answer looks like."""
    reads: tuple[type[models.Model], ...]
    filter: Place | None
    """For a default manager that may filter differently in the next call."""
    accepts: Callable[[Any], bool] = anything
    """Whether a frozen value can be such an answer: what somebody else has stored in the shared tier is none."""
    lookup: Any = None
    """The look-up itself."""


_declared: dict[tuple[str, str], Declared] = {}


def declare(type_name: str, kind: str, declared: Declared) -> bool:
    """Remember what the keys of a type and kind answer; raise SharedKeys if they answer something else already.

    The very same look-up may be declared again: a module may be loaded twice. Returns whether this is the first time.
    """
    before = _declared.get((type_name, kind))
    if before is not None and (before.name, before.options) != (declared.name, declared.options):
        raise SharedKeys(type_name, kind, before.name, declared.name)
    _declared[type_name, kind] = declared
    return before is None


def declared_name(type_name: str, kind: str) -> str:
    """Return the field that the keys of a type and kind are values of, "" if no look-up has them."""
    declared = _declared.get((type_name, kind))
    return "" if declared is None else declared.name


def accepted_by(type_name: str, kind: str) -> Callable[[Any], bool]:
    """Return the function that says whether a frozen value can be an answer of this type and kind."""
    declared = _declared.get((type_name, kind))
    return anything if declared is None else declared.accepts


def declared_lookups(type_name: str) -> dict[str, Any]:
    """Return the look-ups of a type by kind."""
    return {kind: declared.lookup for (name, kind), declared in _declared.items() if name == type_name}


def place_of(type_name: str, kind: str, scope: Scope | None) -> Place | None:
    """Return the function that says where an answer of a kind is held now; None if there is one place for all."""
    return _place_of(_declared.get((type_name, kind)), scope)


def place_beside(scope: Scope | None) -> Place:
    """Return the function that says where a value is held now whose key is one of a look-up: beside its rows."""
    found = _place_of(None, scope)
    if found is None:
        return lambda: _BESIDE
    return lambda: None if (place := found()) is None else f"{place}{_BESIDE}"


def _place_of(declared: Declared | None, scope: Scope | None) -> Place | None:
    parts: list[Place] = []
    if scope is not None:
        parts.append(lambda: None if (name := scope()) is None else f"={name}")
    if settings.DATABASE_ROUTERS:
        parts.append(_databases_of_all if declared is None else lambda: _databases(declared.reads))
    if databases.change():
        parts.append(databases.databases_now)
    required = None if declared is None else declared.filter
    if not parts and required is None:
        return None

    def place() -> str | None:
        found = [part() or "" for part in parts]
        if required is not None:
            if (decided := required()) is None:
                return None
            found.append(decided)
        return "|".join(part.translate(_ESCAPES) for part in found)

    return place


def _databases(read: Iterable[type[models.Model]]) -> str:
    return " ".join(router.db_for_read(model) for model in read)


def _databases_of_all() -> str:
    """Return the databases that a computed value may come from: whose models it reads is not known.

    Replicas are not told apart: a router may choose another one for every query.
    """
    return " ".join(_database(model) for model in apps.get_models())


def _database(model: type[models.Model]) -> str:
    read, written = router.db_for_read(model), router.db_for_write(model)
    return read if read == written else f"!{written}"
