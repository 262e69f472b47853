"""What every answer carries, and that no page needs more than the policy allows."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.contrib.staticfiles import finders
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management.utils import get_random_secret_key
from django.db import models
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse
from django.utils import timezone
from factory.django import DjangoModelFactory

from scheduling.models import Department, Employee, ImportRun, Skill
from tests import factories
from tests.factories import EmployeeFactory
from tests.scheduler_project.markup import Page
from tests.scheduler_project.test_settings import setting, start

POLICY = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def policy_of(response: Any) -> dict[str, str]:
    directives = response["Content-Security-Policy"].split("; ")
    return dict(directive.split(" ", 1) for directive in directives)


def check(response: Any) -> Page | None:
    """Assert what every answer promises; return the page if it is one."""
    assert policy_of(response) == POLICY
    for name, value in HEADERS.items():
        assert response[name] == value
    assert "camera=()" in response["Permissions-Policy"]
    assert {"private", "no-store"} <= {part.strip() for part in response["Cache-Control"].split(",")}
    if not response["Content-Type"].startswith("text/html") or not response.content:
        return None
    page = Page(response.text)
    assert page.refused == []
    for address in page.files:
        assert address == reverse("admin:jsi18n") or finders.find(address.removeprefix("/static/")), address
    return page


@pytest.fixture
def rows(db: None, admin_user: User) -> None:
    """A row of every model in the admin."""
    for factory in vars(factories).values():
        if isinstance(factory, type) and issubclass(factory, DjangoModelFactory) and factory is not DjangoModelFactory:
            factory()
    Group.objects.create(name="Planners")
    content_type = ContentType.objects.get_for_model(Department)
    for flag in (1, 2, 3):
        LogEntry.objects.create(
            user=admin_user,
            content_type=content_type,
            object_id=str(Department.objects.values_list("pk", flat=True)[0]),
            object_repr="of the test",
            action_flag=flag,
            change_message='[{"changed": {"fields": ["Name"]}}]',
        )


def patterns(urls: list[Any]) -> Iterator[URLPattern]:
    for entry in urls:
        if isinstance(entry, URLResolver):
            yield from patterns(entry.url_patterns)
        else:
            yield entry


def model_of(name: str) -> type[models.Model] | None:
    """Return the model that an admin URL such as "scheduling_employee_change" is about."""
    registered = {f"{model._meta.app_label}_{model._meta.model_name}_": model for model in admin.site._registry}
    return next((model for prefix, model in registered.items() if name.startswith(prefix)), None)


def address_of(pattern: URLPattern) -> str | None:
    """Return an address that the pattern matches, of a row that is there; None for the patterns without a name."""
    if pattern.name is None:
        return None
    model = model_of(pattern.name)
    needed = set(pattern.pattern.regex.groupindex)
    about = model or Department
    known = {
        "object_id": about._default_manager.values_list("pk", flat=True).first() if needed else None,
        "id": User.objects.values_list("pk", flat=True).first() if needed else None,
        "app_label": "scheduling",
        "key": (ImportRun.objects.values_list("pk", flat=True).first() if needed else None) or UUID(int=0),
        "content_type_id": ContentType.objects.get_for_model(about).pk if needed else None,
    }
    return reverse(f"admin:{pattern.name}", kwargs={name: known[name] for name in needed})


def admin_addresses() -> dict[str, str]:
    """Return the address of every page of the admin by its name, from its own list: a new page is in it at once."""
    found = {}
    for pattern in patterns(admin.site.urls[0]):
        if pattern.name != "logout" and (address := address_of(pattern)) is not None:
            found[pattern.name] = address
    return found


def upload(client: Client, model: type[models.Model], data: bytes) -> Any:
    form = {"import_file": SimpleUploadedFile("file.csv", data), "format": "0", "resource": "0"}
    return client.post(reverse(f"admin:scheduling_{model._meta.model_name}_import"), form, follow=True)


class EveryPageTests:
    def test_of_the_admin_needs_nothing_inline_and_nothing_from_elsewhere(
        self, rows: None, admin_client: Client
    ) -> None:
        addresses = admin_addresses()
        seen: dict[int, set[str]] = {}
        for name, address in addresses.items():
            response = admin_client.get(address)
            check(response)
            seen.setdefault(response.status_code, set()).add(name)

        pages = ("changelist", "add", "change", "history", "import", "export")
        assert {f"scheduling_employee_{page}" for page in pages} <= seen[200]
        assert {"index", "app_list", "password_change", "scheduling_department_delete"} <= seen[200]
        # No page: what wants a POST or a query, what has no page of its own, people, who are not deleted, and the rows
        # that an import has left out, of which the one here has none.
        others = {name for status, names in seen.items() if status not in (200, 302) for name in names}
        no_page = ("_process_import", "_delete", "_mark_read", "autocomplete", "view_on_site")
        no_page += ("importrun_add", "importrun_refused", "_cancel")
        assert {name for name in others if not name.endswith(no_page)} == set()

    def test_of_the_admin_in_a_popup(self, rows: None, admin_client: Client) -> None:
        for name in ("scheduling_skill_add", "scheduling_skill_changelist"):
            check(admin_client.get(reverse(f"admin:{name}"), {"_popup": "1"}))
        check(admin_client.post(reverse("admin:scheduling_skill_add"), {"name": "Keys", "_popup": "1"}))

    def test_of_a_list_that_was_searched_and_filtered(self, rows: None, admin_client: Client) -> None:
        query = {"q": "amy", "is_active__exact": "1", "o": "1"}
        check(admin_client.get(reverse("admin:scheduling_employee_changelist"), query))

    def test_of_a_form_with_errors(self, rows: None, admin_client: Client) -> None:
        for name in ("scheduling_employee_add", "scheduling_employee_export", "password_change"):
            page = check(admin_client.post(reverse(f"admin:{name}"), {"format": ""}))
            assert page is not None

    def test_of_an_action_that_asks_back(self, rows: None, admin_client: Client) -> None:
        form = {"action": "delete_selected", "_selected_action": [Skill.objects.values_list("pk", flat=True)[0]]}
        response = admin_client.post(reverse("admin:scheduling_skill_changelist"), form)

        check(response)
        assert "Are you sure" in response.text

    @pytest.mark.parametrize(
        ("data", "shown"),
        [
            (b"email,role\namy@example.com,<script>alert(1)</script>\n", "0 new, 1 updated"),
            (b"email,role\namy@example.com,Cook\nbob@example,Cook\n", "1 row has errors"),
            (b"isbn,price\n1,2\n", "This file cannot be imported"),
        ],
        ids=["preview", "refused rows", "refused file"],
    )
    def test_of_an_import(self, data: bytes, shown: str, admin_client: Client, settings: Any, tmp_path: Path) -> None:
        settings.MEDIA_ROOT = tmp_path
        EmployeeFactory(email="amy@example.com")

        response = upload(admin_client, Employee, data)

        check(response)
        assert shown in response.text

    def test_that_says_what_was_done(self, rows: None, admin_client: Client) -> None:
        response = admin_client.post(reverse("admin:scheduling_skill_add"), {"name": "Keys"}, follow=True)

        check(response)
        assert "was added successfully" in response.text

    def test_before_and_after_a_login(self, client: Client, admin_user: User) -> None:
        check(client.get(reverse("admin:login")))
        check(client.post(reverse("admin:login"), {"username": "admin", "password": "wrong"}))
        client.force_login(admin_user)
        check(client.post(reverse("admin:logout")))

    def test_of_a_login_that_is_locked(self, client: Client, db: None) -> None:
        for _ in range(5):
            response = client.post(reverse("admin:login"), {"username": "admin", "password": "wrong"})

        assert response.status_code == 429
        check(response)

    def test_of_nobody(self, client: Client) -> None:
        for address in ("/", "/healthz"):
            check(client.get(address))


class ErrorPageTests:
    @pytest.fixture
    def client(self) -> Client:
        return Client(raise_request_exception=False, enforce_csrf_checks=True)

    def test_404_outside_of_the_admin(self, client: Client) -> None:
        response = client.get("/nothing")

        self.shows(response, 404, "There is no such page")

    def test_404_inside(self, client: Client, admin_user: User) -> None:
        client.force_login(admin_user)

        self.shows(client.get("/admin/nothing/"), 404, "There is no such page")

    def test_403(self, client: Client, db: None) -> None:
        client.force_login(User.objects.create_user("staff", is_staff=True))

        self.shows(client.get(reverse("admin:scheduling_employee_changelist")), 403, "You may not do this")

    def test_403_without_a_token(self, client: Client, db: None) -> None:
        self.shows(client.post(reverse("admin:login")), 403, "This form has expired")

    def test_400(self, client: Client) -> None:
        self.shows(client.get("/", headers={"host": "elsewhere.example"}), 400, "This request cannot be read")

    def test_500(self, client: Client, settings: Any) -> None:
        settings.ROOT_URLCONF = "tests.scheduler_project.broken_urls"

        self.shows(client.get("/fail"), 500, "Something went wrong")

    def shows(self, response: Any, status: int, heading: str) -> None:
        assert response.status_code == status
        assert f"<h1>{heading}</h1>" in response.text
        check(response)


class MarkupTests:
    """The parser that the tests above trust."""

    @pytest.mark.parametrize(
        "html",
        [
            "<script>alert(1)</script>",
            '<script type="module">import "x"</script>',
            "<style>a {}</style>",
            '<p style="color: red">',
            '<br style="color: red" />',
            '<body ONLOAD="x()">',
            '<a href=" javascript:x()">',
            '<img src="data:image/png;base64,AA">',
            '<script src="https://cdn.example/x.js"></script>',
            '<link rel="stylesheet" href="//cdn.example/x.css">',
            '<svg><use xlink:href="https://cdn.example/x.svg"/></svg>',
            '<form action="http://elsewhere.example/">',
            '<base href="/">',
            '<iframe src="/"></iframe>',
        ],
    )
    def test_refuses(self, html: str) -> None:
        assert Page(html).refused

    @pytest.mark.parametrize(
        "html",
        [
            '<script src="/static/x.js"></script>',
            '<script type="application/json">{"a": 1}</script>',
            '<a href="?q=1" class="style">style="x" onclick=</a>',
            '<a href="http://testserver/x">',
        ],
    )
    def test_takes(self, html: str) -> None:
        assert Page(html).refused == []


class CookieTests:
    def test_are_for_this_site_and_no_script(self, client: Client, admin_user: User) -> None:
        client.get(reverse("admin:login"))
        client.post(reverse("admin:login"), {"username": "admin", "password": "password"})

        assert set(client.cookies) == {"csrftoken", "sessionid"}
        for cookie in client.cookies.values():
            assert cookie["httponly"]
            assert cookie["samesite"] == "Lax"

    def test_a_session_ends_with_the_browser_and_with_the_shift(self, client: Client, admin_user: User) -> None:
        client.post(reverse("admin:login"), {"username": "admin", "password": "password"})

        assert client.cookies["sessionid"]["max-age"] == ""
        assert Session.objects.get().expire_date - timezone.now() < timezone.timedelta(hours=8, seconds=1)

    def test_a_message_about_a_row_is_in_no_cookie(self, admin_client: Client) -> None:
        admin_client.post(reverse("admin:scheduling_skill_add"), {"name": "Okafor"})

        assert set(admin_client.cookies) <= {"csrftoken", "sessionid"}

    def test_need_tls_with_https_only(self) -> None:
        shown = "[settings.SESSION_COOKIE_SECURE, settings.CSRF_COOKIE_SECURE, settings.SECURE_SSL_REDIRECT]"

        assert setting(shown, HTTPS_ONLY="1") == [True, True, True]
        assert setting(shown) == [False, False, False]


class DeploymentTests:
    def test_django_finds_nothing_to_warn_of(self) -> None:
        variables = {"HTTPS_ONLY": "1", "SECRET_KEY": get_random_secret_key()}

        done = start("manage.py", "check", "--deploy", "--fail-level", "WARNING", **variables)

        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == "System check identified no issues (2 silenced).\n"
