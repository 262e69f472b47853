"""Widgets that are written without a template say the same as Django's templates."""

import datetime
from collections.abc import Iterator
from typing import Any

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates, get_default_renderer
from django.forms.utils import ErrorList
from django.test.html import parse_html
from django.test.signals import template_rendered
from django.utils.html import format_html
from django.utils.translation import gettext_lazy, override

from scheduler_project.form_rendering import WidgetRenderer

NASTY = "\"><b>&amp;'"
FLAT = [("", "---------"), (1, "one"), (NASTY, NASTY), (1234, 12345.5), ("lazy", gettext_lazy("Save"))]
GROUPED = [("none", "outside"), (NASTY, [(2, "two"), (3, format_html("<i>{}</i>", NASTY))])]
ATTRS = {"id": "id_it", "class": "vTextField", "data-x": NASTY, "required": True, "disabled": False, "aria-label": 7}

WIDGETS: list[tuple[forms.Widget, Any]] = [
    (forms.TextInput(), None),
    (forms.TextInput(), NASTY),
    (forms.TextInput(), format_html("<i>{}</i>", NASTY)),
    (forms.HiddenInput(), 12345),
    (forms.NumberInput(), 1234.5),
    (forms.DateInput(format="%Y-%m-%d"), datetime.date(2026, 11, 30)),
    (forms.TimeInput(format="%H:%M"), datetime.time(6)),
    (forms.CheckboxInput(), True),
    (forms.CheckboxInput(), False),
    (forms.CheckboxInput(), "yes"),
    *((forms.Select(choices=choices), value) for choices in (FLAT, GROUPED, []) for value in (None, 1, NASTY)),
    *((forms.CheckboxSelectMultiple(choices=choices), ["2", NASTY]) for choices in (FLAT, GROUPED, [])),
    (forms.SelectMultiple(choices=FLAT), ["1"]),
    (forms.RadioSelect(choices=FLAT), "1"),
    (forms.Textarea(), NASTY),
]


@pytest.fixture
def templates() -> Iterator[list[str]]:
    """The names of the templates that are rendered meanwhile."""
    names: list[str] = []

    def note(template: Any, **_: Any) -> None:
        names.append(template.name)

    template_rendered.connect(note)
    yield names
    template_rendered.disconnect(note)


class WidgetRendererTests:
    def test_is_the_renderer_of_all_forms(self) -> None:
        assert isinstance(get_default_renderer(), WidgetRenderer)

    @pytest.mark.parametrize("language", ["en", "de"])
    @pytest.mark.parametrize("attrs", [None, ATTRS], ids=["bare", "attributes"])
    @pytest.mark.parametrize(("widget", "value"), WIDGETS)
    def test_says_what_the_template_says(
        self, widget: forms.Widget, value: Any, attrs: dict[str, Any] | None, language: str
    ) -> None:
        with override(language):
            ours, django = (
                widget.render(f"field-{NASTY}", value, attrs, renderer)
                for renderer in (WidgetRenderer(), DjangoTemplates())
            )
        assert parse_html(ours) == parse_html(django)

    def test_leaves_options_of_their_own_to_their_template(self, templates: list[str]) -> None:
        class Coloured(forms.Select):
            option_template_name = "django/forms/widgets/radio_option.html"

        Coloured(choices=FLAT).render("field", 1, renderer=WidgetRenderer())
        assert "django/forms/widgets/radio_option.html" in templates

    @pytest.mark.parametrize(("widget", "value"), WIDGETS[:-3])
    def test_renders_no_template(self, widget: forms.Widget, value: Any, templates: list[str]) -> None:
        widget.render("field", value, renderer=WidgetRenderer())
        assert templates == []

    def test_shows_errors_and_nothing_where_there_are_none(self, templates: list[str]) -> None:
        assert ErrorList(renderer=WidgetRenderer()).as_ul() == ""
        assert templates == []
        assert "Not so." in ErrorList(["Not so."], renderer=WidgetRenderer()).as_ul()
