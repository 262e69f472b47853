"""Every text that a person reads can be translated, and is: German is the proof."""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django.utils.translation.template import templatize
from pytest_django.fixtures import Settings

from scheduling.imports.engine.values import date_in
from scheduling.models import Department, Employee, Schedule
from scheduling.policy import check
from tests.factories import (
    DepartmentFactory,
    EmployeeFactory,
    NotificationFactory,
    RuleFactory,
    ScheduleAssignmentFactory,
    ScheduleFactory,
    ShiftFactory,
)

STOCK = (
    "Below is a preview of data to be imported. If you are satisfied with the results, click 'Confirm import'",
    "This importer will import the following fields: ",
    "This exporter will export the following fields: ",
)
"""Sentences of django-import-export, which are neither for staff nor in the tone of the others."""
ROOT = Path(__file__).resolve().parent.parent
APPS = ("caching", "scheduling", "scheduler_project")
FUNCTIONS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy"}
PLACEHOLDER = re.compile(r"%\((\w+)\)[ds]|\{(\w+)\}")
TEMPLATES = sorted(path for app in APPS for path in (ROOT / app).rglob("templates/**/*.html"))
# It is for the moment in which nothing works, translations among it.
WITHOUT_TRANSLATION = {"500.html"}


@pytest.fixture(autouse=True)
def _english_afterwards() -> Iterator[None]:
    """A request leaves its language to the thread, which the next request would change; the next test would not."""
    yield
    translation.deactivate()


def catalogue(app: str) -> polib.POFile:
    return polib.pofile(str(ROOT / app / "locale/de/LC_MESSAGES/django.po"))


def texts_in(source: str) -> Iterator[str]:
    """Yield the texts that the source of a module asks to have translated."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            function = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if function in FUNCTIONS and isinstance(node.args[0].value, str):
                yield node.args[0].value


def texts_of(app: str) -> set[str]:
    modules = (path.read_text() for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts)
    found = {text for source in modules for text in texts_in(source)}
    for path in (ROOT / app).rglob("templates/**/*.html"):
        # Django's own way to make Python of a template, which xgettext reads; line by line, as it is no whole program.
        for call in re.findall(r"\b(?:_|n?gettext)\((.*?)\) ", templatize(path.read_text()) + " "):
            found.add(ast.literal_eval(f"({call},)")[0] if "," not in call else first_of(call))
    return found


def first_of(call: str) -> str:
    """Return the first text among the arguments of a call, of which the last may be a variable."""
    text = ast.parse(f"f({call})", mode="eval").body
    assert isinstance(text, ast.Call)
    return ast.literal_eval(text.args[0])


class CatalogueTests:
    @pytest.mark.parametrize("app", APPS)
    def test_has_every_text_in_german(self, app: str) -> None:
        german = {entry.msgid: entry for entry in catalogue(app) if entry.translated() and not entry.obsolete}

        assert texts_of(app) - german.keys() == set()

    def test_the_texts_are_really_found(self) -> None:
        assert len(texts_of("scheduling")) > 300
        assert {"Needs attention this week", "open shift this week", "Write yes or no."} <= texts_of("scheduling")

    @pytest.mark.parametrize("app", APPS)
    def test_has_nothing_fuzzy_empty_or_obsolete(self, app: str) -> None:
        assert [entry.msgid for entry in catalogue(app) if entry.obsolete or not entry.translated()] == []

    @pytest.mark.parametrize("app", APPS)
    def test_keeps_the_placeholders(self, app: str) -> None:
        for entry in catalogue(app):
            wanted = set(PLACEHOLDER.findall(entry.msgid_plural or entry.msgid))
            for text in entry.msgstr_plural.values() or [entry.msgstr]:
                missing = wanted - set(PLACEHOLDER.findall(text))
                # "The only one" needs no number.
                assert missing == set() or (entry.msgid_plural and text == entry.msgstr_plural[0]), entry.msgid

    @pytest.mark.parametrize("app", APPS)
    def test_is_compiled(self, app: str) -> None:
        compiled = polib.mofile(str(ROOT / app / "locale/de/LC_MESSAGES/django.mo"))

        def texts(entries: list[polib.POEntry] | list[polib.MOEntry]) -> dict[str, object]:
            return {entry.msgid: entry.msgstr_plural or entry.msgstr for entry in entries}

        assert texts(list(compiled)) == texts(catalogue(app).translated_entries())


class Literals(HTMLParser):
    """Collects what a page says by itself."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)
        self.close()

    def handle_data(self, data: str) -> None:
        if re.search(r"[^\W\d_]{2}", data):
            self.found.append(data.strip())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = ("title", "alt", "aria-label", "placeholder", *(["value"] if tag == "input" else []))
        self.found += [value for name, value in attrs if name in told and value and re.search(r"[^\W\d_]{2}", value)]


class TemplateTests:
    @pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
    def test_says_nothing_that_cannot_be_translated(self, path: Path) -> None:
        if path.name in WITHOUT_TRANSLATION:
            return
        source = re.sub(r"\{#.*?#\}", "", path.read_text())
        # Classes of the body, which nobody reads.
        source = re.sub(r"\{% block bodyclass %\}.*?\{% endblock %\}", "", source)
        source = re.sub(r"\{% blocktrans(late)?\b.*?\{% endblocktrans(late)? %\}", "", source, flags=re.DOTALL)
        source = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "", source)

        assert Literals(source).found == []


@pytest.mark.django_db
class GermanPageTests:
    @pytest.fixture
    def client(self, admin_user: User) -> Client:
        client = Client(headers={"accept-language": "de"})
        client.force_login(admin_user)
        return client

    def text(self, response: HttpResponse) -> str:
        assert response.headers["Content-Language"] == "de"
        return " ".join(response.text.split())

    def test_the_index_with_plurals_and_dates(self, client: Client) -> None:
        schedule = ScheduleFactory(week_start=self.this_monday())
        ScheduleAssignmentFactory(schedule=schedule, shift=ShiftFactory(required_staff=2))

        one = self.text(client.get(reverse("admin:index")))
        ScheduleAssignmentFactory(schedule=schedule, shift=ShiftFactory(required_staff=2))
        two = self.text(client.get(reverse("admin:index")))

        assert "Braucht diese Woche Aufmerksamkeit" in one
        assert "<span>offene Schicht diese Woche</span>" in one
        assert "<span>offene Schichten diese Woche</span>" in two
        assert f"{self.this_monday():%d.%m.%Y}" in one

    def this_monday(self) -> object:
        import datetime

        from django.utils import timezone

        today = timezone.localdate()
        return today - datetime.timedelta(days=today.weekday())

    @pytest.mark.parametrize(
        ("model", "told"),
        [
            (Department, ("Abteilung", "Mit Unterabteilungen", "Kürzel", "Ausgewählte Abteilungen archivieren")),
            (Employee, ("Nachname", "E-Mail", "Abteilung mit Unterabteilungen")),
            (Schedule, ("Dienstplan", "Entwurf")),
        ],
    )
    def test_a_list(self, model: type, told: tuple[str, ...], client: Client) -> None:
        ScheduleAssignmentFactory()

        page = self.text(client.get(reverse(f"admin:scheduling_{model._meta.model_name}_changelist")))

        for text in told:
            assert text in page

    def test_forms(self, client: Client) -> None:
        rule, notification = RuleFactory(), NotificationFactory()
        department = EmployeeFactory().department

        assert "Mindeststunden Ruhezeit" in self.text(
            client.get(reverse("admin:scheduling_rule_change", args=[rule.pk]))
        )
        assert "Als gelesen markieren" in self.text(
            client.get(reverse("admin:scheduling_notification_change", args=[notification.pk]))
        )
        answer = client.post(
            reverse("admin:scheduling_department_change", args=[department.pk]),
            {"name": department.name, "code": department.code},
        )
        assert "hat noch 1 aktive Person: Bitte zuerst versetzen oder archivieren." in self.text(answer)

    def test_the_policy_with_dates(self) -> None:
        assignment = ScheduleAssignmentFactory(employee=EmployeeFactory(first_name="Amy", last_name="Berg"))
        assignment.employee.end_date = "2026-11-01"
        assignment.employee.save()

        with translation.override("de"):
            sentences = [finding.message for finding in check([assignment])]

        assert sentences == ["Amy Berg ist bis 01.11.2026 angestellt, also am 30.11.2026 nicht mehr."]
        assert [finding.message for finding in check([assignment])] == [
            "Amy Berg is employed until 2026-11-01, so no longer on 2026-11-30."
        ]

    def test_an_import(self) -> None:
        with translation.override("de"), pytest.raises(ValueError, match=r"Diesen Tag gibt es nicht\."):
            date_in(None)("31.02.2026")

    def test_the_pages_of_files_in_words_of_our_own(self, client: Client, settings: Settings, tmp_path: Path) -> None:
        settings.MEDIA_ROOT = tmp_path
        page, export = (reverse(f"admin:scheduling_shifttype_{name}") for name in ("import", "export"))
        form = client.get(page)
        file = SimpleUploadedFile("types.csv", b"name;code\nDay;DAY\n")
        preview = client.post(page, {"import_file": file}, follow=True)

        assert "Spalten, die gelesen werden, in beliebiger Reihenfolge: <code>name, code," in self.text(form)
        assert "Noch ist nichts importiert. Bitte die Änderungen unten prüfen" in self.text(preview)
        assert "Zu exportierende Spalten:" in self.text(client.get(export))
        with translation.override("de"):
            for answer in (form, preview, client.get(export)):
                assert [text for text in STOCK if translation.gettext(text).strip() in self.text(answer)] == []

    def test_a_page_of_errors(self) -> None:
        page = Client(headers={"accept-language": "de"}).get("/nothing")

        assert "<h1>Diese Seite gibt es nicht</h1>" in page.text
        assert '<html lang="de">' in page.text


@pytest.mark.django_db
class SwitchTests:
    def test_is_on_every_page_before_and_after_the_login(self, admin_client: Client) -> None:
        for page in (Client().get(reverse("admin:login")), admin_client.get(reverse("admin:index"))):
            assert '<button type="submit" name="language" value="de" lang="de">Deutsch</button>' in page.text
            assert '<button type="submit" name="language" value="en" lang="en" aria-current="true">' in page.text

    def test_stays_with_the_browser_and_leads_back(self, admin_client: Client) -> None:
        DepartmentFactory()
        address = reverse("admin:scheduling_department_changelist") + "?q=d"

        answer = admin_client.post(reverse("set_language"), {"language": "de", "next": address})

        assert answer.url == address
        assert "Abteilung zur Änderung auswählen" in admin_client.get(address).text
        cookie = admin_client.cookies[settings.LANGUAGE_COOKIE_NAME]
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"

    def test_needs_a_token_and_changes_nothing_by_a_link(self) -> None:
        client = Client(enforce_csrf_checks=True)

        assert client.post(reverse("set_language"), {"language": "de"}).status_code == 403
        client.get(reverse("set_language"), {"language": "de"})
        assert settings.LANGUAGE_COOKIE_NAME not in client.cookies

    def test_leads_to_no_other_site(self) -> None:
        answer = Client().post(reverse("set_language"), {"language": "de", "next": "https://elsewhere.example/"})

        assert "elsewhere" not in answer.url
