"""Every address of the site and every value: in the path, in the query string, in each field of its forms."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import quote, urlencode

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver

from tests.hostile.forms import Fields, fields_of
from tests.hostile.values import BYTES, LONG, TEXTS

PARAMETERS = (
    *("q", "o", "p", "all", "e", "_popup", "_to_field", "_changelist_filters", "_facets", "next", "language"),
    *("action", "day", "week", "within", "only", "version", "staffing", "shift", "date", "kind", "scope"),
    *("app_label", "model_name", "field_name", "term", "page", "format", "_source_model", "_selected_action"),
)
COOKIES = ("sessionid", "csrftoken", "django_language", "messages")
LOOKUPS = ("", "__exact", "__gte", "__lt", "__in", "__isnull", "__range", "__year", "__date", "__contains", "__regex")


@dataclass(frozen=True)
class Sent:
    """One request. The path is quoted already."""

    path: str
    query: Fields = field(default_factory=dict)
    form: Fields | None = None
    cookies: Mapping[str, str] = field(default_factory=dict)
    anonymous: bool = False

    @property
    def address(self) -> str:
        return self.path + ("?" + urlencode(self.query, doseq=True) if self.query else "")


@dataclass
class Place:
    """An address that has an answer, with what can be varied about it."""

    name: str
    route: str
    arguments: dict[str, str]
    parameters: tuple[str, ...]
    client: Client

    @cached_property
    def form(self) -> Fields:
        """The fields that the page would send as it is, and those of its buttons."""
        page = self.client.get(self.path(), follow=True)
        html = page.content.decode(errors="replace") if not page.streaming and page.status_code == 200 else ""
        return fields_of(html) | _buttons(self.name)

    def path(self, **hostile: str) -> str:
        """Return the path, quoted, with other arguments in the place of those of a row that is there."""
        given = {name: quote(value) for name, value in self.arguments.items()} | hostile
        return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda match: given[match[1]], self.route)

    def in_the_path(self) -> Iterator[Sent]:
        for argument in self.arguments:
            for text in TEXTS:
                # A slash in a value would make another address of it.
                yield Sent(self.path(**{argument: quote(text, safe="")}))
            for raw in BYTES:
                yield Sent(self.path(**{argument: raw.decode()}))

    def in_the_query(self) -> Iterator[Sent]:
        for parameter in self.parameters:
            for text in TEXTS:
                yield Sent(self.path(), {parameter: [text]})

    def in_the_form(self) -> Iterator[Sent]:
        for name in self.form:
            for text in (*TEXTS, LONG):
                yield self._post({**self.form, name: [text]})
            yield self._post({key: values for key, values in self.form.items() if key != name})
            yield self._post({**self.form, name: [*self.form[name], *TEXTS[:9]]})

    def _post(self, form: Fields) -> Sent:
        return Sent(self.path(), form=form, anonymous=self.name == "login")

    def in_the_cookies(self) -> Iterator[Sent]:
        for name in COOKIES:
            for text in TEXTS:
                yield Sent(self.path(), cookies={name: text}, anonymous=True)

    def all(self) -> Iterator[Sent]:
        """Yield every request that has one wrong value."""
        yield from self.in_the_path()
        yield from self.in_the_query()
        yield from self.in_the_form()
        yield from self.in_the_cookies()

    def some(self, choose: random.Random, number: int) -> Iterator[Sent]:
        """Yield requests of each sort, chosen at random; several fields of a form may be wrong at once."""
        for _ in range(number):
            sort = choose.choice(["path", "query", "form", "form", "form", "cookies"])
            if sort == "path" and self.arguments:
                parts = [quote(choose.choice(TEXTS), safe=""), choose.choice(BYTES).decode()]
                yield Sent(self.path(**{name: choose.choice(parts) for name in self.arguments}))
            elif sort == "form" and self.form:
                wrong = choose.sample(list(self.form), min(choose.randint(1, 3), len(self.form)))
                values = {name: [choose.choice(TEXTS)] for name in wrong}
                yield self._post({**self.form, **values})
            elif sort == "cookies":
                yield Sent(self.path(), cookies={choose.choice(COOKIES): choose.choice(TEXTS)}, anonymous=True)
            elif self.parameters:
                names = choose.sample(self.parameters, choose.randint(1, 2))
                yield Sent(self.path(), {name: [choose.choice(TEXTS)] for name in names})


def places(client: Client) -> list[Place]:
    """Return every address that the site has, with a row that is there in its path."""
    return [_place(client, route, pattern) for route, pattern in _patterns(get_resolver().url_patterns)]


def _patterns(entries: Iterable[Any], before: str = "") -> Iterator[tuple[str, URLPattern]]:
    for entry in entries:
        route = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _patterns(entry.url_patterns, route)
        else:
            yield route, entry


def _place(client: Client, route: str, pattern: URLPattern) -> Place:
    if "(?P" in route:
        # Patterns with a regular expression: one of the admin's own, whose argument is the name of an app.
        route = re.sub(r"\(\?P<(\w+)>[^()]*(?:\([^()]*\))?[^()]*\)", r"<\1>", route).replace("^", "").replace("$", "")
    name = pattern.name or ""
    model = _model_of(name)
    arguments = {argument: _known(argument, model) for argument in re.findall(r"<(?:\w+:)?(\w+)>", route)}
    return Place(name or route, route.replace("\\", ""), arguments, _parameters(model), client)


def _model_of(name: str) -> type[models.Model] | None:
    registered = {f"{model._meta.app_label}_{model._meta.model_name}_": model for model in admin.site._registry}
    return next((model for prefix, model in registered.items() if name.startswith(prefix)), None)


def _known(argument: str, model: type[models.Model] | None) -> str:
    """Return a value that an argument of a path has for a row that is there."""
    if argument == "app_label":
        return "scheduling"
    if argument == "content_type_id":
        return str(ContentType.objects.get_for_model(LogEntry).pk)
    row = model._default_manager.order_by("pk").first() if model is not None else None
    return str(row.pk) if row is not None else "1"


def _parameters(model: type[models.Model] | None) -> tuple[str, ...]:
    """Return the names that a query string may have: those of the admin, of the filters, and look-ups of each field."""
    if model is None:
        return PARAMETERS
    model_admin = admin.site._registry[model]
    request = RequestFactory().get("/")
    names = [getattr(entry, "parameter_name", None) for entry in model_admin.get_list_filter(request)]
    fields = [each.name for each in model._meta.concrete_fields]
    looked_up = [name + lookup for name in fields for lookup in LOOKUPS]
    filters = [entry for entry in model_admin.get_list_filter(request) if isinstance(entry, str)]
    looked_up += [name + lookup for name in filters for lookup in LOOKUPS]
    return tuple(
        dict.fromkeys([*PARAMETERS, *filter(None, names), *looked_up, *(f"{name}__id__exact" for name in fields)])
    )


def _buttons(name: str) -> Fields:
    """Return the fields that a button, a script or another page adds to a form."""
    if name.endswith("_changelist"):
        return {"action": ["delete_selected"], "_selected_action": ["1"], "select_across": ["0"], "index": ["0"]}
    if name.endswith("_process_import"):
        names = ("import_file_name", "original_file_name", "format", "resource", "date_order", "only")
        return {**{each: ["0"] for each in names}, "confirm": ["Confirm"]}
    if name.endswith("_preview"):
        names = (
            "cell-2-0",
            "same-2-0",
            "cell-99999999-999",
            "column:email",
            "value:department_code:KITT",
            "text:department_code:KITT",
            "value:\0:\0",
            "date_order",
            "encoding",
            "sheet",
            "checked",
            "valid_only",
        )
        return {each: ["0"] for each in names}
    if name.startswith("scheduling_schedule_") or name.startswith("scheduling_scheduleassignment_"):
        return {"carry_out": ["1"], "confirmed_warnings": ["0"], "action": [""], "_selected_action": ["1"]}
    if name == "login":
        return {"username": ["amy"], "password": ["wrong"], "next": ["/admin/"]}
    if name == "set_language":
        return {"language": ["de"], "next": ["/"]}
    return {"_save": ["Save"]}
