"""What of a page a strict Content-Security-Policy would refuse, found by a parser and not by a browser."""

from html.parser import HTMLParser
from urllib.parse import urlsplit

# The types of <script> that no browser runs.
DATA_TYPES = ("application/json", "application/ld+json", "text/plain")
ADDRESSES = ("action", "data", "formaction", "href", "poster", "src", "xlink:href")
HOST = "testserver"


class Page(HTMLParser):
    """A parsed page: `refused` has what the policy would refuse, `files` the addresses of its scripts and styles."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.refused: list[str] = []
        self.files: list[str] = []
        self.tags: set[str] = set()
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        given = {name: value or "" for name, value in attrs}
        where = self.get_starttag_text()
        if tag == "style" or (tag == "script" and "src" not in given and given.get("type") not in DATA_TYPES):
            self.refused.append(f"inline: {where}")
        if tag in ("base", "embed", "iframe", "object"):
            self.refused.append(f"not allowed at all: {where}")
        if any(name == "style" or name.startswith("on") for name in given):
            self.refused.append(f"inline: {where}")
        self.refused += [f"from elsewhere: {where}" for name in ADDRESSES if is_elsewhere(given.get(name, ""))]
        if tag == "script" and "src" in given:
            self.files.append(given["src"])
        if tag == "link" and given.get("rel") == "stylesheet":
            self.files.append(given["href"])

    handle_startendtag = handle_starttag


def is_elsewhere(address: str) -> bool:
    """Say whether it is on another host, or none that a page is on: javascript:, data:."""
    parts = urlsplit(address.strip())
    return parts.scheme not in ("", "http", "https") or parts.netloc not in ("", HOST)
