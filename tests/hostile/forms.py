"""What the forms of a page would send if somebody submitted them as they are."""

from html.parser import HTMLParser

Fields = dict[str, list[str]]


class Forms(HTMLParser):
    """Collects the fields of all forms of a page that are sent by POST."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.fields: Fields = {}
        self._select = ""
        self._posts = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "form":
            self._posts = given.get("method", "get").lower() == "post"
        if not self._posts:
            return
        if tag == "input" and name and not self._is_off(attrs, given):
            self.fields.setdefault(name, []).append(given.get("value", ""))
        elif tag == "textarea" and name:
            self.fields.setdefault(name, []).append("")
        elif tag == "select":
            self._select = name
            self.fields.setdefault(name, [])
        elif tag == "option" and self._select and any(key == "selected" for key, _ in attrs):
            self.fields[self._select].append(given.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""

    @staticmethod
    def _is_off(attrs: list[tuple[str, str | None]], given: dict[str, str]) -> bool:
        chosen = any(key == "checked" for key, _ in attrs)
        return given.get("type") in ("checkbox", "radio") and not chosen


def fields_of(html: str) -> Fields:
    """Return the fields of the forms that are sent by POST, without the token, which the test client does not need."""
    fields = Forms(html).fields
    fields.pop("csrfmiddlewaretoken", None)
    return {name: values or [""] for name, values in fields.items()}
