"""Whether code of somebody else asks for a language, a time zone or another context, as far as that can be read."""

import threading
from collections.abc import Iterator
from contextvars import ContextVar
from inspect import getattr_static
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from asgiref.local import Local
from django.utils.translation import gettext_lazy, ngettext_lazy, npgettext_lazy, pgettext_lazy

_CONTEXTS = ("django.utils.translation", "django.utils.timezone", "django.utils.formats")
_LATER = (gettext_lazy, ngettext_lazy, pgettext_lazy, npgettext_lazy)
"""What they return asks for the language when it is read: as the message of an error, for instance."""
_KEEPERS = (ContextVar, threading.local, Local)


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
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _is_filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not cell
    except ValueError:
        return False
