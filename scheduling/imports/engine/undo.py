"""The undo of an import: exactly the rows that nobody has touched since are as they were before, the others are told.

A row is touched if it is not as the import has left it, or if something refers to a new one. What the database or the
model refuses to have back is left as well: somebody has the address by now, or the department is gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from scheduling.imports.engine import bulk
from scheduling.imports.engine.changes import Changes, from_plain, tracked_fields, values_of
from scheduling.imports.engine.references_to import name_of, references_to
from scheduling.imports.engine.related_keys import RelatedKeys


class _RowsAreLeft(Exception):
    """Some rows cannot be written, so what has been written is rolled back, and the others are tried without them."""


@dataclass
class Undone:
    """What an undo has done, by primary key."""

    restored: dict[Any, models.Model] = field(default_factory=dict)
    deleted: dict[Any, models.Model] = field(default_factory=dict)
    left: dict[Any, str] = field(default_factory=dict)
    """Why rows were left as they are."""
    deleted_besides: int = 0
    besides: dict[str, dict[Any, str]] = field(default_factory=dict)
    """The same for rows that the import created besides, by label of their model."""

    def __bool__(self) -> bool:
        return bool(self.restored or self.deleted or self.deleted_besides)


class Undo:
    """Takes back the changes of one import, inside a transaction of the caller. Kinds override the hooks."""

    def __init__(self, model: type[models.Model], changes: Changes, using: str) -> None:
        self.model = model
        self.changes = changes
        self.using = using
        self.left: dict[Any, str] = {}
        self.fields = {one.attname: one for one in tracked_fields(model)}
        self.related = [RelatedKeys(one, using) for one in model._meta.many_to_many]

    # -- hooks -------------------------------------------------------------------------------------------------------

    def lock(self) -> None:
        """Lock other rows that writers of these rows lock first."""

    def refused(self, restored: Sequence[Any], deleted: Sequence[Any]) -> dict[Any, str]:
        """Return why rows cannot be as they were, by primary key. The restored ones have their old values."""
        return {}

    def named(self, model: type[models.Model], rows: Iterable[Any]) -> dict[Any, str]:
        """Return which of these rows are needed by their names rather than by a foreign key, with the reason."""
        return {}

    # -- the steps ---------------------------------------------------------------------------------------------------

    def run(self) -> Undone:
        """Put back and delete what nobody has touched."""
        self.lock()
        self.rows = self._locked(self.model, self._known)
        self._leave_touched()
        self._leave_what_refers_to_nothing()
        while True:
            try:
                with transaction.atomic(self.using):
                    return self._write()
            except _RowsAreLeft:
                continue

    def _leave_touched(self) -> None:
        known = {**self.changes.created, **self.changes.after}
        self.left |= _touched(self.rows, known, self.fields)
        for keys in self.related:
            recorded = self.changes.related.get(keys.name, {})
            # A new row without a record had none. An old one without a record was not written.
            after = {pk: recorded.get(pk, ((), ()))[1] for pk in (*self.changes.created, *recorded)}
            now = keys.load(pk for pk in after if pk in self.rows)
            for pk in self._open(after):
                if set(now.get(pk, ())) != set(after[pk]):
                    self.left[pk] = _changed([keys.label])

    def _leave_what_refers_to_nothing(self) -> None:
        """Leave rows that had a department, or a skill, that is deleted by now."""
        for attname, one in self.fields.items():
            if one.is_relation and one.related_model:
                before = {pk: row[attname] for pk, row in self.changes.before.items() if attname in row}
                self._leave_lost(before, one.related_model, str(one.verbose_name), lambda value: [value])
        for keys in self.related:
            recorded = {pk: both[0] for pk, both in self.changes.related.get(keys.name, {}).items()}
            old = {pk: before for pk, before in recorded.items() if pk in self.changes.before}
            self._leave_lost(old, keys.target, keys.label, list)

    def _leave_lost(self, before: Mapping[Any, Any], target: type[models.Model], label: str, listed: Any) -> None:
        wanted = {key for value in before.values() for key in listed(value) if key is not None}
        rows = target._base_manager.using(self.using).order_by()
        there = {pk for chunk in bulk.chunks(wanted) for pk in rows.filter(pk__in=chunk).values_list("pk", flat=True)}
        for pk in self._open(before):
            if any(key is not None and key not in there for key in listed(before[pk])):
                self.left[pk] = _("What it had before as %(field)s was deleted.") % {"field": label}

    def _write(self) -> Undone:
        """Write what is not left. Raises _RowsAreLeft if there turn out to be more of these."""
        self._leave_needed()
        deleted = {pk: self.rows[pk] for pk in self._open(self.changes.created)}
        restored = {pk: self._as_it_was(pk) for pk in self._open(self.changes.before)}
        self._leave(self.refused([*restored.values()], [*deleted.values()]))
        released = self._release([*restored, *deleted])
        names = [self.fields[attname].name for attname in self._columns()]
        now = [one.name for one in self.model._meta.concrete_fields if getattr(one, "auto_now", False)]
        rows = [*restored.values()]
        written = [*dict.fromkeys([*names, *released]), *now] if names else []
        blames = bulk.update(rows, written, self.using, lambda done: None)
        self._leave({rows[place].pk: blame.reason for place, blame in blames.items()})
        for keys in self.related:
            recorded = self.changes.related.get(keys.name, {})
            keys.write({pk: recorded[pk][0] for pk in restored if pk in recorded})
        self._delete(deleted)
        self._leave(dict(_refused_by_model(rows)))
        undone = Undone(
            restored=restored, deleted=deleted, left={pk: self.left[pk] for pk in self._known if pk in self.left}
        )
        self._delete_besides(undone)
        return undone

    def _leave(self, reasons: Mapping[Any, str]) -> None:
        if reasons:
            self.left |= reasons
            raise _RowsAreLeft

    def _leave_needed(self) -> None:
        """Leave the new rows that something refers to which is not taken back itself."""
        found = references_to(self.model, self._open(self.changes.created), self.using)
        named = self.named(self.model, [self.rows[pk] for pk in self._open(self.changes.created)])
        self.left |= named
        before = -1
        while before != len(self.left):
            before = len(self.left)
            for pk in self._open(found):
                if others := {name_of(by) for by, other in found[pk] if not self._is_taken_back(by, other, pk)}:
                    self.left[pk] = _needed_by(others)

    def _is_taken_back(self, by: models.Field[Any, Any], other: Any, pk: Any) -> bool:
        """Whether a row will not refer to this one any more, since it is deleted or put back too."""
        if by.model is not self.model or other in self.left:
            return False
        row = self.changes.before.get(other)
        return other in self.changes.created if row is None else row.get(by.attname, pk) != pk

    # -- parts of the steps ------------------------------------------------------------------------------------------

    def _open(self, pks: Iterable[Any]) -> list[Any]:
        return [pk for pk in pks if pk not in self.left]

    @property
    def _known(self) -> list[Any]:
        """The rows that the import has written, in the order of the file."""
        return [*self.changes.created, *self.changes.before]

    def _columns(self) -> list[str]:
        """The attributes in which a row was changed."""
        return list(dict.fromkeys(name for row in self.changes.before.values() for name in row if name in self.fields))

    def _locked(self, model: type[models.Model], pks: Iterable[Any]) -> dict[Any, Any]:
        rows = model._base_manager.using(self.using).select_for_update().order_by("pk")
        return {row.pk: row for chunk in bulk.chunks(pks) for row in rows.filter(pk__in=chunk)}

    def _as_it_was(self, pk: Any) -> Any:
        row = self.rows[pk]
        for attname, value in self.changes.before[pk].items():
            if attname in self.fields:
                setattr(row, attname, from_plain(value, self.fields[attname]))
        return row

    def _release(self, pks: Sequence[Any]) -> list[str]:
        """Free the unique values of all rows, because one may get back what another one has. Return their fields."""
        changed = {self.fields[attname].name for attname in self._columns()}
        released = {one.name for one in self.fields.values() if one.unique and one.name in changed}
        for constraint in self.model._meta.constraints:
            names = set(getattr(constraint, "fields", ()) if isinstance(constraint, models.UniqueConstraint) else ())
            if names & changed:
                texts = (one.name for one in self.fields.values() if isinstance(one, models.CharField))
                released |= set([name for name in texts if name in names][:1])
        for name in released:
            bulk.release(self.model._meta.get_field(name), pks, self.using)  # type: ignore[arg-type]
        return sorted(released)

    def _delete(self, rows: Mapping[Any, Any]) -> None:
        """Delete rows, those below others first: a department is protected by the ones below it."""
        above = [one.attname for one in self.fields.values() if one.related_model is self.model]
        left = dict(rows)
        while left:
            needed = {getattr(row, name) for row in left.values() for name in above}
            now = [pk for pk in left if pk not in needed] or list(left)
            for chunk in bulk.chunks(now):
                self.model._base_manager.using(self.using).filter(pk__in=chunk).delete()
            left = {pk: row for pk, row in left.items() if pk in needed and pk not in set(now)}

    def _delete_besides(self, undone: Undone) -> None:
        """Delete what was created besides, and is as it was then and needed by nobody."""
        # The last first: a draft that was created needs the department that was created for it.
        for label, recorded in reversed([*self.changes.besides.items()]):
            model = self.model._meta.apps.get_model(label)
            fields = {one.attname: one for one in tracked_fields(model)}
            rows = self._locked(model, recorded)
            left = _touched(rows, recorded, fields)
            needed = references_to(model, [pk for pk in rows if pk not in left], self.using)
            left |= {pk: _needed_by({name_of(by) for by, other in others}) for pk, others in needed.items()}
            left |= self.named(model, [row for pk, row in rows.items() if pk not in left])
            gone = [pk for pk in rows if pk not in left]
            model._base_manager.using(self.using).filter(pk__in=gone).delete()
            undone.deleted_besides += len(gone)
            undone.besides[label] = {pk: reason for pk, reason in left.items() if pk in rows}


def _touched(
    rows: Mapping[Any, Any], known: Mapping[Any, Mapping[str, Any]], fields: Mapping[str, Any]
) -> dict[Any, str]:
    """Return which rows are not as they are known, with the reason."""
    there = [pk for pk in known if pk in rows]
    columns = values_of([rows[pk].__dict__ for pk in there], fields.values())
    left = {pk: _("It was deleted since.") for pk in known if pk not in rows}
    for place, pk in enumerate(there):
        differ = [name for name, value in known[pk].items() if name in columns and columns[name][place] != value]
        if differ:
            left[pk] = _changed([str(fields[name].verbose_name) for name in differ])
    return left


def _refused_by_model(rows: Iterable[Any]) -> Iterator[tuple[Any, str]]:
    for row in rows:
        try:
            row.clean()
        except ValidationError as error:
            yield row.pk, " ".join(error.messages)


def _changed(labels: Iterable[str]) -> str:
    return _("Changed since: %(fields)s.") % {"fields": ", ".join(labels)}


def _needed_by(names: Iterable[str]) -> str:
    return _("It is used by others now: %(what)s.") % {"what": ", ".join(sorted(names))}
