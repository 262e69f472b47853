"""Names and codes that are spelled otherwise: in capitals, with other blanks, in composed or decomposed letters."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from scheduling.imports.engine.problems import listed

if TYPE_CHECKING:
    from scheduling.imports.engine.run import FileRun


def folded(text: object) -> str:
    """Return what all spellings of a name have in common."""
    return " ".join(unicodedata.normalize("NFC", str(text).casefold()).split())


def by_folded(names: Iterable[str]) -> Mapping[str, list[str]]:
    """Return the names by what their spellings have in common."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for name in names:
        found[folded(name)].append(name)
    return found


def several_spellings(names: Iterable[str]) -> str:
    """Return the sentence about a name that may mean any of these stored ones."""
    return _("This may be %(names)s. Write it as it is stored.") % {"names": listed(sorted(names), _("or"))}


def find_other_spellings(run: FileRun, keys: Sequence[Any]) -> list[Any]:
    """Return the keys with those that no stored row has replaced by the key of the one stored row that they mean.

    Two new keys that differ only in their spelling become one, so that the second is refused as a repetition.
    """
    unknown = [position for position, key in enumerate(keys) if key is not None and key not in run.existing]
    if not unknown:
        return list(keys)
    (column,) = run.kind.key
    values, found = run.sheet.values[column], list(keys)
    rows = run.kind.model._default_manager.using(run.using).order_by()
    stored = by_folded(rows.values_list(run.kind.attname(column), flat=True))
    new: dict[str, str] = {}
    respelled: list[Any] = []
    for position in unknown:
        spellings = stored.get(folded(values[position]), [])
        if len(spellings) > 1:
            found[position] = None
            run.sheet.refuse(position, column, several_spellings(spellings))
            continue
        meant = spellings[0] if spellings else new.setdefault(folded(values[position]), values[position])
        values[position], found[position] = meant, (meant,)
        if spellings:
            respelled.append(found[position])
    if respelled:
        run.existing.update(run.find_existing(respelled))
    return found
