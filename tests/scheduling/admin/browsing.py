"""What the tests of admin pages share: addresses, users with exactly some permissions, counted queries."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

# Nothing is cached while a write waits for its COMMIT, as every row of an ordinary test does.
WARM = pytest.mark.django_db(transaction=True)


def page(model: type[models.Model], name: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


def staff(*permissions: str, name: str = "staff") -> User:
    """Return a user who may enter the admin and do just this: "view_employee"."""
    user = User.objects.create_user(name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def queries(client: Client, address: str, query: dict[str, Any] | None = None) -> int:
    """Return how many queries a page takes once the caches are warm."""
    client.get(address, query)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address, query).status_code == 200
    return len(captured)


def send(client: Client, address: str, form: dict[str, Any]) -> Any:
    """Send the form of a page, with what the page has shown."""
    return client.post(address, {**form, "shown": client.get(address).context["shown"]})


def act(client: Client, model: type[models.Model], action: str, *rows: models.Model) -> str:
    """Run an action of a list on some rows; return the page that follows."""
    form = {"action": action, "_selected_action": [row.pk for row in rows]}
    return client.post(page(model, "changelist"), form, follow=True).text
