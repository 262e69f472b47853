"""Whether code of somebody else asks for a language, a time zone or another context, as far as that can be read."""

import builtins
import dis
import re
import string
import threading
import unicodedata
from collections.abc import Iterator
from contextvars import ContextVar
from decimal import Decimal
from inspect import getattr_static
from types import CodeType, FunctionType, MethodType, ModuleType, NoneType
from typing import Any
from uuid import UUID

from asgiref.local import Local
from django.utils.translation import gettext_lazy, ngettext_lazy, npgettext_lazy, pgettext_lazy

_CONTEXTS = ("django.utils.translation", "django.utils.timezone", "django.utils.formats")
_LATER = (gettext_lazy, ngettext_lazy, pgettext_lazy, npgettext_lazy)
"""What they return asks for the language when it is read: as the message of an error, for instance."""
_KEEPERS = (ContextVar, threading.local, Local)
_NO_CONTEXT: Any = (
    *(str, bytes, int, float, bool, tuple, list, dict, set, frozenset, object, type, super, property),
    *(len, isinstance, issubclass, ord, chr, min, max, sum, any, all, sorted, reversed, range, enumerate, zip, map),
    *(filter, abs, round, divmod, repr, re, string, unicodedata),
)
"""What gives the same in every call, and can lead to nothing else."""
_CONSTANTS = (str, bytes, int, float, bool, NoneType, Decimal, UUID, re.Pattern)
_TELLS_MORE = re.compile("IMPORT|STORE_GLOBAL|STORE_ATTR|DELETE_ATTR|DELETE_GLOBAL|LOAD_NAME|LOAD_FROM_DICT|LOAD_BUILD")
"""Instructions by which a function may reach what is not named here, or keep something."""


def asks_for_a_context(owner: Any, *calls: Any) -> bool:
    """Whether functions, or those that they call, name something by which they give another result in another call.

    ``owner`` is the instance whose methods they call. What they reach in another way is not found.
    """
    waiting, seen = list(calls), set[int]()
    while waiting:
        value = waiting.pop()
        if isinstance(value, MethodType):
            value = value.__func__
        if _is_a_context(value):
            return True
        if id(value) in seen or not isinstance(value, FunctionType):
            continue
        seen.add(id(value))
        names = set(_names(value.__code__))
        if any(name.startswith(_CONTEXTS) for name in names):
            return True  # it imports one
        waiting.extend(value.__globals__[name] for name in names & value.__globals__.keys())
        waiting.extend(getattr_static(owner, name, None) for name in names)
        waiting.extend(cell.cell_contents for cell in value.__closure__ or () if _is_filled(cell))
    return False


def _is_a_context(value: Any) -> bool:
    if isinstance(value, _KEEPERS):
        return True
    if any(value is later for later in _LATER):
        return False
    name = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None)
    return isinstance(name, str) and name.startswith(_CONTEXTS)


def _names(code: CodeType) -> Iterator[str]:
    """Yield the names in a function and in those inside it."""
    for part in _codes(code):
        yield from part.co_names


def _is_filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not cell
    except ValueError:
        return False


def gives_the_same(owner: Any, *names: str) -> bool:
    """Whether methods of an instance give the same for the same value in every call: its own ones, not Django's.

    Only what is known to have no context may be named in them, so more are doubted than have one.
    """
    waiting: list[Any] = [value for name in names for value in _own(owner, name)]
    seen = set[int]()
    while waiting:
        value = waiting.pop()
        if isinstance(value, (classmethod, staticmethod, MethodType)):
            value = value.__func__
        if id(value) in seen or _is_constant(value):
            continue
        if not isinstance(value, FunctionType) or _reaches_more(value.__code__):
            return False
        seen.add(id(value))
        waiting.extend(_named(value))
        waiting.extend(found for name in _attributes(value.__code__) for found in _own(owner, name))
    return True


def _own(owner: Any, name: str) -> list[Any]:
    """Return what an instance and its classes outside of Django have under a name."""
    places = [vars(owner), *(vars(kind) for kind in type(owner).__mro__ if not kind.__module__.startswith("django."))]
    return [place[name] for place in places if name in place]


def _is_constant(value: Any) -> bool:
    if isinstance(value, (tuple, frozenset)):
        return all(map(_is_constant, value))
    if isinstance(value, type) and issubclass(value, Exception):
        return True
    return type(value) in _CONSTANTS or any(value is known for known in _NO_CONTEXT)


def _reaches_more(code: CodeType) -> bool:
    return any(_TELLS_MORE.match(one.opname) for part in _codes(code) for one in dis.get_instructions(part))


def _named(function: FunctionType) -> Iterator[Any]:
    """Yield the values of the global and enclosing names in a function, and its defaults."""
    known = vars(builtins) | function.__globals__
    for code in _codes(function.__code__):
        for one in dis.get_instructions(code):
            if one.opname == "LOAD_GLOBAL":
                yield known.get(one.argval, known)
    cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
    # The class in which the function is defined, for super().
    yield from (cell.cell_contents if _is_filled(cell) else cell for name, cell in cells.items() if name != "__class__")
    yield from function.__defaults__ or ()
    yield from (function.__kwdefaults__ or {}).values()


def _attributes(code: CodeType) -> set[str]:
    names = {"LOAD_ATTR", "LOAD_METHOD", "LOAD_SUPER_ATTR"}
    return {one.argval for part in _codes(code) for one in dis.get_instructions(part) if one.opname in names}


def _codes(code: CodeType) -> Iterator[CodeType]:
    """Yield the code of a function and of those inside it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)
