"""The undo of a run: it takes back an import, tells what it has left, and is a run itself."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import models, router, transaction
from django.db.models import prefetch_related_objects
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from caching import cause
from scheduling.imports.engine.changes import Changes, from_plain, pack, tracked_fields, unpack
from scheduling.imports.engine.import_kind import ImportKind
from scheduling.imports.engine.one_at_a_time import wait_for_others
from scheduling.imports.engine.problems import FileError, listed
from scheduling.imports.engine.query_count import counting_queries
from scheduling.imports.engine.recording import MAX_PROBLEMS
from scheduling.imports.engine.undo import Undone
from scheduling.imports.kinds import KINDS
from scheduling.imports.kinds.undoing import undo_of
from scheduling.models import ImportRun

Outcome = ImportRun.Outcome


@dataclass(frozen=True, kw_only=True)
class UndoResult:
    """What an undo has done, or would do."""

    restored: list[models.Model]
    deleted: list[models.Model]
    deleted_besides: int
    left: list[tuple[str, str]]
    """Each row that was left as it is, by its name, and the reason."""
    run: ImportRun | None = None
    """The record of the undo; None if nothing was done."""

    @property
    def summary(self) -> str:
        texts = [
            ngettext("%(count)d row put back", "%(count)d rows put back", len(self.restored)),
            ngettext("%(count)d new row deleted", "%(count)d new rows deleted", len(self.deleted)),
            ngettext("%(count)d row left as it is", "%(count)d rows left as they are", len(self.left)),
        ]
        counts = (len(self.restored), len(self.deleted), len(self.left))
        parts = [text % {"count": count} for text, count in zip(texts, counts, strict=True)]
        if self.deleted_besides:
            text = ngettext(
                "%(count)d row deleted that was created besides",
                "%(count)d rows deleted that were created besides",
                self.deleted_besides,
            )
            parts.insert(2, text % {"count": self.deleted_besides})
        return f"{', '.join(parts)}."

    @property
    def sentences(self) -> list[str]:
        return [f"{name}: {reason}" for name, reason in self.left]


def undo_run(key: UUID, *, user: Any = None, closed: frozenset[str] = frozenset(), dry_run: bool = False) -> UndoResult:
    """Undo an import as far as nobody has touched its rows since. Raises FileError if there is nothing to undo.

    `closed` are the fields that the user may not change: an import that has changed one of them is left to others. A
    dry run does the same and rolls back.
    """
    using = router.db_for_write(ImportRun)
    started = time.perf_counter()
    with counting_queries(using) as queries, cause("import"), transaction.atomic(using):
        original = _locked_run(key, using)
        kind = KINDS[original.kind].kind
        changes = unpack(original.changes)
        _refuse_closed(kind, changes, closed)
        wait_for_others(kind.name, using)
        undone = undo_of(kind.model)(kind.model, changes, using).run()
        left = list(_named(kind.model, changes, undone, using))
        run = None
        if undone and not dry_run:
            run = _record(original, changes, undone, left, user)
            run.queries, run.seconds = queries.total() + 1, time.perf_counter() - started
            run.save(force_insert=True, using=using)
        if dry_run:
            transaction.set_rollback(True, using=using)
    return UndoResult(
        restored=[*undone.restored.values()],
        deleted=[*undone.deleted.values()],
        deleted_besides=undone.deleted_besides,
        left=left,
        run=run,
    )


def run_by(text: str) -> UUID:
    """Return the key of the run that a text names: its number, or the first eight digits of it or more."""
    digits = text.strip().lower().replace("-", "")
    runs: list[UUID] = []
    if len(digits) >= 8 and set(digits) <= set("0123456789abcdef"):
        low, high = (UUID(digits[:32].ljust(32, end)) for end in "0f")
        runs = list(ImportRun.objects.filter(pk__range=(low, high)).order_by("pk").values_list("pk", flat=True)[:2])
    if len(runs) == 1:
        return runs[0]
    if runs:
        raise FileError(_("Several imports begin with '%(text)s'. Write more of the number.") % {"text": text[:40]})
    words = {"text": text[:40]}
    raise FileError(_("There is no import '%(text)s'. Write the number that the import has printed.") % words)


def _locked_run(key: UUID, using: str) -> ImportRun:
    run = ImportRun.objects.using(using).select_for_update().defer("file").filter(pk=key).first()
    if run is None:
        raise FileError(_("This import is not there any more."))
    if run.outcome not in ImportRun.IN_PLACE:
        words = {"outcome": run.get_outcome_display()}
        raise FileError(_("This import cannot be undone, because it is: %(outcome)s.") % words)
    if not run.changes:
        raise FileError(_("This import has changed nothing, so there is nothing to undo."))
    return run


def _refuse_closed(kind: ImportKind, changes: Changes, closed: frozenset[str]) -> None:
    fields = [one for one in tracked_fields(kind.model) if one.name in closed]
    names = {one.attname: str(one.verbose_name) for one in fields}
    changed = sorted({names[name] for row in changes.before.values() for name in row if name in names})
    if changed:
        text = _("This import has changed %(fields)s, which you may not change. Ask someone who may to undo it.")
        raise FileError(text % {"fields": listed(changed)})


def _record(original: ImportRun, changes: Changes, undone: Undone, left: list[tuple[str, str]], user: Any) -> ImportRun:
    """Note in the original what of it is still in place; return the run of the undo."""
    still = changes.only(undone.left, undone.besides)
    original.outcome = Outcome.PARTLY_UNDONE if undone.left else Outcome.UNDONE
    original.changes = pack(still) if undone.left else b""
    original.save(update_fields=["outcome", "changes"])
    now = timezone.now()
    return ImportRun(
        kind=original.kind,
        outcome=Outcome.UNDO,
        user=user if user is not None and user.pk else None,
        created_at=now,
        finished_at=now,
        file_name=original.file_name,
        undoes=original,
        updated=len(undone.restored),
        deleted=len(undone.deleted) + undone.deleted_besides,
        skipped=len(left),
        problems=[["", "", name, reason] for name, reason in left[:MAX_PROBLEMS]],
    )


# -- names of rows -----------------------------------------------------------------------------------------------------


def _named(model: type[models.Model], changes: Changes, undone: Undone, using: str) -> Iterator[tuple[str, str]]:
    """Yield the name of each row that is left, also if it is not there any more, and the reason."""
    yield from _names(model, undone.left, {**changes.created, **changes.after}, using)
    for label, left in undone.besides.items():
        other = model._meta.apps.get_model(label)
        title = capfirst(other._meta.verbose_name)
        for name, reason in _names(other, left, changes.besides[label], using):
            yield f"{title} {name}", reason


def _names(
    model: type[models.Model], left: Mapping[Any, str], known: Mapping[Any, Mapping[str, Any]], using: str
) -> Iterable[tuple[str, str]]:
    fields = {one.attname: one for one in tracked_fields(model)}
    there = model._base_manager.using(using).in_bulk(list(left)) if left else {}
    rows = {
        pk: there.get(pk)
        or model(**{name: from_plain(value, fields[name]) for name, value in known[pk].items() if name in fields})
        for pk in left
    }
    # A name that is made of other rows, such as that of an assignment, shows those that are loaded.
    relations = [one.name for one in fields.values() if one.is_relation]
    prefetch_related_objects(list(rows.values()), *relations)
    return [(str(rows[pk]), reason) for pk, reason in left.items()]
