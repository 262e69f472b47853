"""Planners who have a page open: each sends back exactly what a browser would, with what they have touched."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

from django.test import Client
from django.urls import reverse

from scheduling.models import ScheduleAssignment


class _Fields(HTMLParser):
    """The fields of the form of a page, as a browser sends them if nothing is touched."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: list[tuple[str, str]] = []
        self.inside = False
        self.select = self.textarea = ""
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name, value = given.get("name") or "", given.get("value") or ""
        if tag == "form":
            self.inside = (given.get("id") or "").endswith("_form")
        if not self.inside or "disabled" in given:
            return
        if tag == "input" and given.get("type") in ("checkbox", "radio"):
            if "checked" in given:
                self.fields.append((name, value or "on"))
        elif tag == "input" and given.get("type") != "submit":
            self.fields.append((name, value))
        elif tag == "select":
            self.select = name
        elif tag == "option" and "selected" in given:
            self.fields.append((self.select, value))
        elif tag == "textarea":
            self.textarea, self.text = name, ""

    def handle_data(self, data: str) -> None:
        if self.textarea:
            self.text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self.textarea:
            text = self.text.removeprefix("\n").replace("\n", "\r\n")
            self.fields.append((self.textarea, text))
            self.textarea = ""
        if tag == "form":
            self.inside = False


def fields_of(html: str) -> dict[str, Any]:
    """Return the fields of the form of a page; a field that is sent several times has a list."""
    parser = _Fields()
    parser.feed(html)
    found: dict[str, Any] = {}
    for name, value in parser.fields:
        found.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in found.items() if name}


class OpenPage:
    """A page that somebody has opened, and what they have typed into it."""

    def __init__(self, client: Client, address: str) -> None:
        self.client, self.address = client, address
        self.read(client.get(address))

    def read(self, response: Any) -> None:
        self.response = response
        self.form = fields_of(response.text)
        assert self.form, f"{self.address} shows no form: {response.status_code}"

    @property
    def rows(self) -> dict[int, str]:
        """The prefix of each row of assignments that the page shows, by primary key."""
        return {int(pk): name.removesuffix("id") for name, pk in self._ids() if pk}

    def _ids(self) -> Iterator[tuple[str, str]]:
        for name, value in self.form.items():
            prefix, _, field = name.rpartition("-")
            if prefix.startswith("assignments-") and field == "id" and "__prefix__" not in name:
                yield name, value

    def touch(self, row: ScheduleAssignment | int, **values: str) -> OpenPage:
        """Type into the fields of a row of assignments."""
        pk = row if isinstance(row, int) else row.pk
        self.form |= {f"{self.rows[pk]}{name}": value for name, value in values.items()}
        return self

    def add(self, **values: Any) -> OpenPage:
        """Type into the empty row, which the page has last."""
        last = int(self.form["assignments-TOTAL_FORMS"]) - 1
        self.form |= {f"assignments-{last}-{name}": str(value) for name, value in values.items()}
        return self

    def type(self, **values: Any) -> OpenPage:
        """Type into the fields of the page's own row."""
        self.form |= values
        return self

    def save(self, **more: str) -> Any:
        """Send the form; a page that comes back is what is open then."""
        sent = {name: value for name, value in self.form.items() if "__prefix__" not in name}
        response = self.client.post(self.action, {**sent, **more})
        if response.status_code == 200:
            self.read(response)
        return response

    @property
    def action(self) -> str:
        given = self.response.context.get("form_url") if self.response.context else ""
        return str(given or self.address)

    def answer(self, which: str) -> OpenPage:
        """Choose "mine" or "theirs" for every question of the page."""
        for line in self.response.text.split("<input ")[1:]:
            if 'type="radio"' in line and f'value="{which}-' in line:
                name, value = (line.split(f'{each}="')[1].split('"')[0] for each in ("name", "value"))
                self.form[name] = value
        return self

    @property
    def asks(self) -> bool:
        return 'class="conflict"' in self.response.text


def week(client: Client, schedule: Any) -> OpenPage:
    return OpenPage(client, reverse("admin:scheduling_schedule_change", args=[schedule.pk]))
