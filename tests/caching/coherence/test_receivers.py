"""The receivers of Django's signals: what the instance alone knows, and signals that are sent by hand."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.db.models.signals import m2m_changed, post_delete, post_save
from django.test.utils import CaptureQueriesContext

from caching import cache_manager
from caching.coherence.receivers import connect, on_delete, on_m2m_changed, on_save
from scheduling.models import Employee, Skill
from tests.factories import EmployeeFactory, SkillFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def amy() -> Employee:
    return EmployeeFactory(email="amy@example.com")


def is_kept(depends_on: Any) -> bool:
    """Return whether a value that depends on this is still cached, and cache it again."""
    calls: list[int] = []
    cache_manager.get_or_load(
        "general", f"{depends_on._meta.model_name}:{depends_on.pk}", lambda: calls.append(1), depends_on=[depends_on]
    )
    return not calls


def verbs(queries: CaptureQueriesContext, table: str) -> list[str]:
    """Return the first words of the statements about a table."""
    return [query["sql"].split()[0] for query in queries if table in query["sql"]]


class ConnectTests:
    def test_connects_a_model_and_its_many_to_many_relations_once(self, watching: Callable[..., None]) -> None:
        watching(Group)
        connect(Group)
        for signal, sender in ((post_save, Group), (post_delete, Group), (m2m_changed, Group.permissions.through)):
            keys = [receiver[0] for receiver in signal.receivers]
            assert keys.count(("caching:auth.Group", id(sender))) == 1


class LeaveOutTests:
    def test_no_receiver_is_connected_before_or_afterwards(self, watching: Callable[..., None]) -> None:
        watching(Group)
        watching(Group, signals=False)
        watching(Group, by=("name",))
        for signal in (post_save, post_delete, m2m_changed):
            assert not [found for found in signal.receivers if found[0][0] == "caching:auth.Group"]

    def test_rows_are_deleted_without_being_read(self, watching: Callable[..., None]) -> None:
        watching(LogEntry, signals=False)
        user = User.objects.create(username="amy")
        entry = LogEntry.objects.create(user=user, action_flag=CHANGE)
        assert (is_kept(entry), is_kept(entry)) == (False, True)
        with CaptureQueriesContext(connection) as queries:
            user.delete()
        assert verbs(queries, "django_admin_log") == ["DELETE"]
        assert not is_kept(entry)

    def test_a_relation_is_added_to_without_a_select(self, watching: Callable[..., None]) -> None:
        watching(Group, signals=False)
        group, permission = Group.objects.create(name="staff"), Permission.objects.all()[0]
        assert (is_kept(group), is_kept(group)) == (False, True)
        with CaptureQueriesContext(connection) as queries:
            group.permissions.add(permission)
        assert verbs(queries, "auth_group_permissions") == ["INSERT"]
        assert not is_kept(group)


class SignalsByHandTests:
    """Each counts as a write, though no statement was executed."""

    def test_a_save(self, amy: Employee) -> None:
        assert (is_kept(amy), is_kept(amy)) == (False, True)
        post_save.send(Employee, instance=amy, created=False, using="default")
        assert not is_kept(amy)

    def test_a_delete(self, amy: Employee) -> None:
        assert (is_kept(amy), is_kept(amy)) == (False, True)
        post_delete.send(Employee, instance=amy, using="default")
        assert not is_kept(amy)

    def test_a_change_of_a_relation(self, amy: Employee) -> None:
        skill = SkillFactory()
        for row in (amy, skill):
            assert (is_kept(row), is_kept(row)) == (False, True)
            m2m_changed.send(
                Employee.skills.through,
                instance=amy,
                action="post_add",
                reverse=False,
                model=Skill,
                pk_set={skill.pk},
                using="default",
            )
            assert not is_kept(row)


class DefaultsTests:
    def test_without_a_database_the_default_one_is_meant(self, amy: Employee) -> None:
        for send in (
            lambda: on_save(amy),
            lambda: on_delete(amy),
            lambda: on_m2m_changed(amy, Skill, None),
        ):
            assert (is_kept(amy), is_kept(amy)) == (False, True)
            send()
            assert not is_kept(amy)
            cache_manager.clear("general")
