"""Numbers, times and causes as a person reads them, in the language of the request."""

import math

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

NONE = "–"
CAUSES: dict[str, Promise] = {
    "save": gettext_lazy("saved"),
    "delete": gettext_lazy("deleted"),
    "m2m": gettext_lazy("many-to-many"),
    "bulk": gettext_lazy("bulk write"),
    "import": gettext_lazy("import"),
    "pattern": gettext_lazy("by pattern"),
    "clear": gettext_lazy("cleared"),
    "call": gettext_lazy("by code"),
    "safety_net": gettext_lazy("unclear write"),
    "expired": gettext_lazy("unfinished write"),
}
"""By the cause that is counted."""


def number(value: float, decimals: int = 0) -> str:
    # Rounded here, because Django cuts off.
    return number_format(round(value, decimals), decimals, use_l10n=True, force_grouping=True)


def percent(share: float | None) -> str:
    """Return a share as a percentage, rounded down: 69.99 is below 70. Without reads, say so."""
    return _("no reads yet") if share is None else f"{number(math.floor(share * 1000) / 10, 1)} %"


def duration(seconds: float | None) -> str:
    """Return a time in the unit that fits."""
    if seconds is None:
        return NONE
    for unit, length in (("h", 3600), ("min", 60), ("s", 1), ("ms", 1e-3)):
        if seconds >= length:
            return f"{number(seconds / length, 1)} {unit}"
    return f"{number(seconds * 1e6)} µs"


def size(count: float) -> str:
    """Return a number of bytes in the unit that fits."""
    for unit, length in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= length:
            return f"{number(count / length, 1)} {unit}"
    return f"{number(count)} B"


def cause(names: str) -> str:
    """Return the causes of a publication, which are separated by spaces."""
    return ", ".join(str(CAUSES.get(name, name)) for name in names.split()) or NONE
