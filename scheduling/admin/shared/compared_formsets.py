"""Many rows on one page, each compared with what the page showed of it, and saved in an order that leaves room."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.forms.formsets import DELETION_FIELD_NAME, INITIAL_FORM_COUNT, TOTAL_FORM_COUNT
from django.utils.translation import gettext

from scheduling.admin.shared.compared_forms import ComparedForm
from scheduling.admin.shared.shown import ShownPage
from scheduling.admin.shared.writers import last_writer


class ComparedRowForm(ComparedForm):
    """A row among many, which may be marked for deletion."""

    @property
    def is_marked_for_deletion(self) -> bool:
        return DELETION_FIELD_NAME in self.fields and bool(self._submitted(DELETION_FIELD_NAME))

    @property
    def is_gone(self) -> bool:
        return self.gone_pk is not None

    @property
    def is_settled(self) -> bool:
        """Whether the user has said that the row may go."""
        return self.is_marked_for_deletion or self.takes_theirs

    @property
    def is_obsolete(self) -> bool:
        """Whether nothing is left to be saved or decided about a row that is gone."""
        return self.is_gone and (self.is_settled or not self.has_changed())

    def described(self) -> str:
        """Return the row in words, as it was submitted."""
        return ", ".join(self.in_words(name, self._submitted(name)) for name in self.fields if name in self.base_fields)


class ComparedFormSet(forms.BaseInlineFormSet):
    """Rows of one parent. A row that is gone and was not touched disappears with a notice; the others are saved."""

    model: Any
    data: Any
    page: ShownPage
    disappeared: Sequence[str] = ()
    """The sentences about rows that have disappeared since the page was shown."""

    # -- which rows --------------------------------------------------------------------------------------------------

    def rows_of_page(self) -> Sequence[Model]:
        """Return the rows that a new page shows."""
        raise NotImplementedError

    def rows_sent(self, keys: Iterable[int]) -> Mapping[int, Model]:
        """Return those of the parent's rows that a page has shown, as they are now, locked until they are saved."""
        raise NotImplementedError

    def get_queryset(self) -> Any:
        """Return one row for each form, as the admin expects it; in place of a row that is gone, an empty one."""
        if not hasattr(self, "_rows"):
            if not self.is_bound:
                self._rows = list(self.rows_of_page())
            else:
                keys = self._keys_shown()
                stored = self.rows_sent([key for key in keys if key is not None])
                self._rows = [stored.get(key or 0) or self.model() for key in keys]
        return self._rows

    def _keys_shown(self) -> list[int | None]:
        shown = min(self.initial_form_count(), self.total_form_count())
        texts = (self.data.get(f"{self.add_prefix(index)}-id", "") for index in range(shown))
        return [int(text) if text.isdecimal() and len(text) < 19 else None for text in texts]

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        if self.is_bound and index is not None and index < self.initial_form_count() and form.instance.pk is None:
            form.gone_pk = self._keys_shown()[index] or 0

    @cached_property
    def forms(self) -> list[Any]:
        made = self._make_forms()
        left_out = [form for form in made if form.is_obsolete]
        if left_out:
            self.disappeared = [self._farewell(form) for form in left_out if not form.is_settled]
            self._leave_out({made.index(form) for form in left_out})
            made = self._make_forms()
        return made

    def _make_forms(self) -> list[Any]:
        return [
            self._construct_form(index, **self.get_form_kwargs(index))  # type: ignore[attr-defined]
            for index in range(self.total_form_count())
        ]

    def _leave_out(self, left_out: set[int]) -> None:
        """Number the submitted rows anew, without some of them."""
        kept = [index for index in range(self.total_form_count()) if index not in left_out]
        initial = sum(index < self.initial_form_count() for index in kept)
        places = {f"{self.add_prefix(old)}-": f"{self.add_prefix(new)}-" for new, old in enumerate(kept)}
        start = f"{self.prefix}-"
        data = self.data.copy()
        for name in [name for name in data if name.startswith(start) and name[len(start) :][:1].isdecimal()]:
            del data[name]
        for name, values in self.data.lists():
            number, _, field = name.removeprefix(start).partition("-")
            if name.startswith(start) and (place := places.get(f"{start}{number}-")):
                data.setlist(f"{place}{field}", values)
        data[f"{start}{TOTAL_FORM_COUNT}"], data[f"{start}{INITIAL_FORM_COUNT}"] = str(len(kept)), str(initial)
        self.data = data
        for cached in ("management_form", "_rows", "_object_dict", "preloaded"):
            self.__dict__.pop(cached, None)

    def _farewell(self, form: Any) -> str:
        texts = {
            "row": form.described(),
            "who": last_writer(self.model, form.gone_pk, self.page.at, form.reader),
        }
        return gettext("No longer here, because it was deleted or moved meanwhile by %(who)s: %(row)s.") % texts

    # -- what is decided ---------------------------------------------------------------------------------------------

    def _should_delete_form(self, form: Any) -> Any:
        return super()._should_delete_form(form) and not form.takes_theirs  # type: ignore[misc]

    def clean(self) -> None:
        super().clean()
        # The errors of a row that is marked for deletion do not count, and this question is one of them.
        if any(form.asks and form.is_marked_for_deletion for form in self.initial_forms):  # type: ignore[attr-defined]
            text = gettext("Someone else has changed a row that you want to delete. Decide below which of both holds.")
            raise ValidationError(text)

    # -- in which order it is saved ----------------------------------------------------------------------------------

    def make_room(self, rows: Sequence[Any]) -> None:
        """Prepare that these rows are saved one after the other, although one may take the place of another."""

    def save_existing_objects(self, commit: bool = True) -> list[Any]:
        """Delete first and change then; rows are added last. So a row can take the place that another leaves."""
        self.changed_objects: list[Any] = []
        self.deleted_objects: list[Any] = []
        stored = [form for form in self.initial_forms if form.instance.pk is not None]
        deleted = [form for form in stored if form in self.deleted_forms]
        for form in deleted:
            self.deleted_objects.append(form.instance)
            self.delete_existing(form.instance, commit=commit)
        changed = [form for form in stored if form not in deleted and form.has_changed()]
        self.make_room([form.instance for form in changed])
        self.changed_objects = [(form.instance, form.changed_data) for form in changed]
        return [self.save_existing(form, form.instance, commit=commit) for form in changed]

    def save_new_objects(self, commit: bool = True) -> list[Any]:
        """Save the new rows, and those that someone else has deleted and the user wants to keep."""
        super().save_new_objects(commit)
        kept = [form for form in self.initial_forms if form.is_gone]  # type: ignore[attr-defined]
        self.new_objects += [self.save_new(form, commit=commit) for form in kept]
        return self.new_objects
