"""Forms that compare a row in the database with what their page showed of it.

Only fields that were touched are saved; the others keep what the database has, whatever the page holds. If someone else
has changed the row too, the form shows both and asks which of them holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from django import forms
from django.forms.formsets import DELETION_FIELD_NAME
from django.template.loader import render_to_string
from django.utils.formats import localize
from django.utils.text import capfirst
from django.utils.translation import gettext

from scheduling.admin.shared.comparison import MINE, THEIRS, Comparison
from scheduling.admin.shared.shown import ShownPage, Values, values_of
from scheduling.admin.shared.writers import last_writer

DECISION = "decision"


class ComparedForm(forms.ModelForm):
    """The form of one row. The admin sets `page` on the class that it makes for a request."""

    page: ShownPage | None = None
    """What was shown. Without it, the form does what Django's does."""
    refusal = ""
    """Why nothing is saved, whatever the form holds."""
    reader = 0
    """The user's primary key."""
    gone_pk: Any = None
    """The primary key of the row that the form was shown for, if the row is gone."""

    # -- what was touched --------------------------------------------------------------------------------------------

    @property
    def row_pk(self) -> Any:
        """The primary key of the row that the form was shown for; None for a new row."""
        return self.gone_pk if self.instance.pk is None else self.instance.pk

    @cached_property
    def comparison(self) -> Comparison | None:
        """What became of the row; None for a form that was not submitted, and for a new row."""
        pk = self.row_pk
        if not self.is_bound or self.page is None or pk is None:
            return None
        if not self.page.was_sent and self.instance.pk is not None:
            return None
        return Comparison(
            shown=self.page.of(self._meta.model, pk),
            now=self._values_now() if self.instance.pk is not None else None,
            mine=values_of((name, field, self._submitted(name)) for name, field in self._compared()),
            deletes=self.is_marked_for_deletion,
            answer=self.data.get(self.add_prefix(DECISION), ""),
        )

    def _compared(self) -> Iterator[tuple[str, forms.Field]]:
        return ((name, field) for name, field in self.fields.items() if name in self.base_fields and not field.disabled)

    def _submitted(self, name: str) -> Any:
        return self.fields[name].widget.value_from_datadict(self.data, self.files, self.add_prefix(name))

    def _values_now(self) -> Values:
        return values_of((name, field, self._stored.get(name)) for name, field in self._compared())

    @cached_property
    def _stored(self) -> dict[str, Any]:
        """What the fields show of the row in the database. Cleaning the form changes its instance, but not this."""
        return {name: self.get_initial_for_field(self.fields[name], name) for name, _field in self._compared()}

    @property
    def is_marked_for_deletion(self) -> bool:
        return False

    @property
    def asks(self) -> bool:
        """Whether the user has to decide which of two changes holds."""
        return self.comparison is not None and self.comparison.is_open

    @property
    def takes_theirs(self) -> bool:
        return self.comparison is not None and self.comparison.takes_theirs

    @cached_property
    def changed_data(self) -> list[str]:
        if self.comparison is None or (self.comparison.is_gone and self.comparison.keeps_mine):
            return list(super().changed_data)
        if self.comparison.takes_theirs:
            return []
        return [*self.comparison.touched, *([DELETION_FIELD_NAME] if self.comparison.deletes else [])]

    @cached_property
    def _left_alone(self) -> dict[str, str]:
        """The fields that the form fills with what the database has, by their names in the HTML."""
        if self.comparison is None or self.comparison.is_gone:
            return {}
        return {self.add_prefix(name): name for name in self.comparison.mine if name not in self.changed_data}

    def _widget_data_value(self, widget: forms.Widget, html_name: str) -> Any:
        if html_name in self._left_alone:
            name = self._left_alone[html_name]
            return self.fields[name].prepare_value(self._stored[name])
        return super()._widget_data_value(widget, html_name)  # type: ignore[misc]

    # -- what is said about it ---------------------------------------------------------------------------------------

    def full_clean(self) -> None:
        # A row that was not touched is not validated: whatever is wrong with it was so before.
        if self.comparison is not None and not self.has_changed():
            self.empty_permitted = True
        super().full_clean()
        if not self.is_bound:
            return
        if self.asks:
            self.add_error(None, self.question())
        if self.refusal:
            self.add_error(None, self.refusal)

    def question(self) -> str:
        """Return the HTML that shows both changes and asks which of them holds."""
        if self.comparison is None or self.page is None:
            return ""
        who = last_writer(self._meta.model, self.row_pk, self.page.at, self.reader)
        context = {
            "comparison": self.comparison,
            "who": who,
            "known": self.comparison.shown is not None,
            "fields": list(self._both(self.comparison)),
            "name": self.add_prefix(DECISION),
            "mine": f"{MINE}-{self.comparison.state}",
            "theirs": f"{THEIRS}-{self.comparison.state}",
        }
        return render_to_string("scheduling/conflict.html", context)

    def _both(self, comparison: Comparison) -> Iterator[tuple[str, str, str]]:
        """Yield the label, my value and theirs, of each field that either has changed."""
        for name, field in self._compared():
            is_mine, is_theirs = name in comparison.touched, name in comparison.theirs
            if is_mine or is_theirs:
                mine = self.in_words(name, self._submitted(name)) if is_mine else ""
                theirs = "" if comparison.is_gone else self.in_words(name, self._stored[name])
                yield capfirst(str(field.label or name)), mine, theirs

    def in_words(self, name: str, value: Any) -> str:
        """Return a value of a field as people read it, stored or submitted."""
        field = self.fields[name]
        value = field.prepare_value(value)
        if isinstance(field, (forms.ModelMultipleChoiceField, forms.MultipleChoiceField)):
            return ", ".join(self._label(field, each) for each in value or ()) or "–"
        if isinstance(field, (forms.ModelChoiceField, forms.ChoiceField)):
            return self._label(field, value)
        if isinstance(value, bool):
            return gettext("yes") if value else gettext("no")
        return str(localize(value)) if value not in field.empty_values else "–"

    def _label(self, field: Any, value: Any) -> str:
        if value in field.empty_values:
            return "–"
        if isinstance(field, forms.ModelMultipleChoiceField):
            row = field.queryset.filter(pk=value).first() if field.queryset is not None else None
            return field.label_from_instance(row) if row is not None else str(value)
        if isinstance(field, forms.ModelChoiceField):
            try:
                return str(field.label_from_instance(field.to_python(value)))
            except forms.ValidationError:
                return str(value)
        return str(dict(field.choices).get(value, value))

    # -- what the next page says was shown ---------------------------------------------------------------------------

    def to_show(self) -> Values | None:
        """Return what the page that is being made shows of the row. An open question remains one."""
        if self.comparison is None:
            return None if self.instance.pk is None or self.is_bound else self._values_now()
        if self.comparison.is_open or self.comparison.is_gone:
            return self.comparison.shown
        return self.comparison.now

    def answers(self) -> Iterator[tuple[str, str]]:
        """Yield what was decided about a row that is gone: the page keeps it until the row is saved anew."""
        if self.comparison is not None and self.comparison.is_gone and self.comparison.keeps_mine:
            yield self.add_prefix(DECISION), self.comparison.answer
