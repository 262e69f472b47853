"""Clients that are logged in as somebody of one of the groups."""

from collections.abc import Callable
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client

LogIn = Callable[[str], Client]


def make_groups() -> None:
    """Do what the migrations did: a test with real transactions leaves an empty database behind."""
    editor = SimpleNamespace(connection=connection)
    import_module("scheduling.migrations.0004_groups").make_groups(apps, editor)
    import_module("scheduling.migrations.0005_own_notifications").take_the_others_away(apps, editor)
    import_module("scheduling.migrations.0007_guarded_fields").give_to_groups(apps, editor)
    import_module("scheduling.migrations.0010_who_may_steer_the_cache").give_to_groups(apps, editor)


@pytest.fixture
def log_in(db: None) -> LogIn:
    """Return a function: the name of a group -> the client of a member."""

    def as_member_of(group: str) -> Client:
        if not Group.objects.filter(name=group).exists():
            make_groups()
        user = User.objects.create_user(group.lower(), is_staff=True)
        user.groups.add(Group.objects.get(name=group))
        client = Client()
        client.force_login(user)
        return client

    return as_member_of


@pytest.fixture
def planner(log_in: LogIn) -> Client:
    return log_in("Planner")


@pytest.fixture
def manager(log_in: LogIn) -> Client:
    return log_in("Manager")


@pytest.fixture
def viewer(log_in: LogIn) -> Client:
    return log_in("Viewer")
