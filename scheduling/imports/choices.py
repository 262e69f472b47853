"""What a person chooses for an upload before it is confirmed. It is kept on the server, in the options of its run.

A preview is made with the choices as they are kept, and so is the import. No form sends them back as a whole.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import AnonymousUser

from scheduling.imports.engine.chosen_values import ChosenValues
from scheduling.imports.engine.files import ReadOptions
from scheduling.models import ImportRun
from scheduling.models.guarded import may

HOW_IT_IS_READ = ("encoding", "sheet")
"""The choices with which a file is another table."""
READING = ("date_order", *HOW_IT_IS_READ)
KEPT = (*READING, "columns", "values", "new", "mended", "only", "recalled")
"""The names in `ImportRun.options`:

date_order, encoding, sheet  how the file is read; left out where it shows that itself
columns                      our column by the header in the file, or an empty text for a column to leave out
values                       by our column: what is meant, by what the file says
new                          by our column: what the file says and is to be made
mended                       by the number of the row in the file: the text of each mended cell, by the header
only                         the selection for which assignments are imported
recalled                     when the user has chosen the same for a file with the same headers
"""
Choices = dict[str, Any]


def choices_of(run: ImportRun) -> Choices:
    """Return what was chosen so far, without what is empty."""
    return {name: run.options[name] for name in KEPT if run.options.get(name)}


def mark_of(choices: Mapping[str, Any]) -> str:
    """Return a short text that differs for other choices, by which a page says with which of them it was made."""
    return hashlib.sha256(json.dumps(choices, sort_keys=True).encode()).hexdigest()[:16]


def keep(run: ImportRun, choices: Choices) -> None:
    """Keep the choices with the run of the upload. Raises FileNotFoundError if it does not wait any more."""
    run.options = {name: value for name, value in choices.items() if name in KEPT and value}
    if not ImportRun.objects.filter(pk=run.pk, outcome__in=ImportRun.WAITING).update(options=run.options):
        raise FileNotFoundError(str(run.pk))


def read_options(choices: Mapping[str, Any]) -> ReadOptions:
    """Return how a file is to be read, as far as that is chosen."""
    return ReadOptions(encoding=choices.get("encoding") or "", sheet=choices.get("sheet") or "")


def resource_kwargs(choices: Mapping[str, Any], user: Any = None) -> dict[str, Any]:
    """Return the arguments with which a FileResource does what the user has chosen, as far as the user may.

    Without a user they are for a file that is only read.
    """
    user = user or AnonymousUser()
    known, new = choices.get("values", {}), choices.get("new", {})
    values = ChosenValues(known=known, new=new, may_add=may(user, "add"), may_view=may(user, "view", "change"))
    return {
        "date_order": choices.get("date_order") or None,
        "read_options": read_options(choices),
        "chosen": choices.get("columns"),
        "values": values,
        "mended": choices.get("mended"),
    }
