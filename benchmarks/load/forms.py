"""What a browser would send: the values of the form on a page."""

from __future__ import annotations

from html.parser import HTMLParser


def fields_of(page: str, form: str) -> list[tuple[str, str]]:
    """Return the names and values of the form with this id, as it was shown, without its buttons."""
    reader = _Reader(form)
    reader.feed(page)
    return reader.fields


class _Reader(HTMLParser):
    def __init__(self, form: str) -> None:
        super().__init__()
        self._form, self._inside = form, False
        self._select: str | None = None
        self._text: str | None = None
        self.fields: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = given.get("id") == self._form
        if not self._inside:
            return
        name, kind = given.get("name", ""), given.get("type", "text")
        if tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in given:
            self.fields.append((self._select, given.get("value", "")))
        elif tag == "textarea":
            self._text = name
            self.fields.append((name, ""))
        elif tag == "input" and name and kind not in ("submit", "button", "file"):
            if kind not in ("checkbox", "radio"):
                self.fields.append((name, given.get("value", "")))
            elif "checked" in given:
                self.fields.append((name, given.get("value", "on")))

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            name, before = self.fields[-1]
            self.fields[-1] = (name, before + data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "select":
            self._select = None
        elif tag == "textarea" and self._text is not None:
            name, text = self.fields[-1]
            # The line break after the tag is not part of the text.
            self.fields[-1] = (name, text.removeprefix("\r\n").removeprefix("\n"))
            self._text = None
