"""Widgets of forms without templates: the page of a shift has eight hundred of them, and took half a second."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.forms.renderers import DjangoTemplates
from django.http import HttpRequest
from django.utils.formats import localize
from django.utils.html import conditional_escape

Widget = Mapping[str, Any]
"""What Django tells the template of a widget, or of one of its options."""

FOLDER = "django/forms/widgets/"
INPUTS = frozenset(f"{FOLDER}{name}.html" for name in ("checkbox", "date", "hidden", "input", "number", "text", "time"))
SELECT, SELECT_OPTION = f"{FOLDER}select.html", f"{FOLDER}select_option.html"
CHECKBOXES, CHECKBOX_OPTION = f"{FOLDER}checkbox_select.html", f"{FOLDER}checkbox_option.html"
ERRORS = "django/forms/errors/list/ul.html"


class WidgetRenderer(DjangoTemplates):
    """Writes inputs, selects and checkboxes as Django's templates have them, and all else by its template.

    Whoever asks, a widget or a list of errors, marks the text as safe.
    """

    def render(self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None) -> str:
        widget = context.get("widget", {})
        if template_name in INPUTS:
            return _input(widget)
        if template_name == SELECT and _all_options_are(SELECT_OPTION, widget):
            return _select(widget)
        if template_name == CHECKBOXES and _all_options_are(CHECKBOX_OPTION, widget):
            return _checkboxes(widget)
        if template_name == ERRORS and not context["errors"]:
            return ""
        return super().render(template_name, context, request)


def _all_options_are(template_name: str, widget: Widget) -> bool:
    return all(option["template_name"] == template_name for _, options, _ in widget["optgroups"] for option in options)


def _input(widget: Widget) -> str:
    value = "" if widget["value"] is None else f' value="{conditional_escape(widget["value"])}"'
    return f'<input type="{widget["type"]}" name="{conditional_escape(widget["name"])}"{value}{_attributes(widget)}>'


def _select(widget: Widget) -> str:
    groups = "".join(_group(label, options) for label, options, _index in widget["optgroups"])
    return f'<select name="{conditional_escape(widget["name"])}"{_attributes(widget)}>{groups}\n</select>'


def _group(label: Any, options: Iterable[Widget]) -> str:
    shown = "".join(f"\n  {_option(option)}" for option in options)
    return f'\n  <optgroup label="{_shown(label)}">{shown}\n  </optgroup>' if label else shown


def _option(option: Widget) -> str:
    value = conditional_escape(option["value"])
    return f'<option value="{value}"{_attributes(option)}>{_shown(option["label"])}</option>'


def _checkboxes(widget: Widget) -> str:
    attributes = _attributes({"attrs": {name: widget["attrs"].get(name) or False for name in ("id", "class")}})
    groups = "".join(_boxes(label, options) for label, options, _index in widget["optgroups"])
    return f"<div{attributes}>{groups}\n</div>"


def _boxes(label: Any, options: Iterable[Widget]) -> str:
    shown = "".join(f"<div>\n    {_box(option)}</div>" for option in options)
    return f"\n  <div><label>{_shown(label)}</label>{shown}\n  </div>" if label else shown


def _box(option: Widget) -> str:
    if not option["wrap_label"]:
        return _input(option)
    attributes = _attributes({"attrs": {"for": option["attrs"].get("id") or False}})
    return f"<label{attributes}>{_input(option)} {_shown(option['label'])}</label>"


def _attributes(widget: Widget) -> str:
    stated = [(name, value) for name, value in widget["attrs"].items() if value is not False]
    return "".join(f" {name}" if value is True else f' {name}="{conditional_escape(value)}"' for name, value in stated)


def _shown(value: Any) -> str:
    """Return a text for people: numbers and dates as the language writes them."""
    return conditional_escape(localize(value))
