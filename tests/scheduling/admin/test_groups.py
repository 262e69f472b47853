"""The groups of the migrations, and what each of them meets in the admin."""

from itertools import pairwise
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client

from scheduling.models import Employee, Notification, Rule, Schedule, ScheduleAssignment, Shift
from tests.factories import NotificationFactory, RuleFactory
from tests.scheduling.admin.conftest import LogIn, make_groups
from tests.scheduling.admin.pages import row_of, send_form, send_shift, send_week, url
from tests.scheduling.policy.cases import DAY, TUESDAY, World, make_world

pytestmark = pytest.mark.django_db
GROUPS = ("Viewer", "Planner", "Manager", "Administrator")


def codenames(group: str) -> set[str]:
    return set(Group.objects.get(name=group).permissions.values_list("codename", flat=True))


class MigrationTests:
    def test_each_may_what_the_one_before_may(self) -> None:
        for less, more in pairwise(GROUPS):
            assert codenames(less) < codenames(more)

    def test_an_administrator_may_everything_here_and_users(self) -> None:
        everything = Permission.objects.filter(content_type__app_label__in=("scheduling", "caching"))
        given = Group.objects.get(name="Administrator").permissions
        assert set(everything) <= set(given.all())
        assert given.filter(content_type__app_label="auth", codename="add_user").exists()

    def test_again_it_changes_nothing(self) -> None:
        before = {group: codenames(group) for group in GROUPS}
        make_groups()
        assert {group: codenames(group) for group in GROUPS} == before
        assert Group.objects.count() == len(GROUPS)

    def test_it_takes_nothing_away(self) -> None:
        viewer = Group.objects.get(name="Viewer")
        more = Permission.objects.get(codename="add_skill")
        viewer.permissions.add(more)
        make_groups()
        assert more in viewer.permissions.all()

    def test_viewers_and_planners_lose_what_others_were_told(self) -> None:
        """The second migration takes from the groups what the first gave them, and from nobody else."""
        own = Group.objects.create(name="Supervisor")
        permission = Permission.objects.get(codename="view_notification")
        own.permissions.add(permission)
        make_groups()
        assert set(permission.group_set.values_list("name", flat=True)) == {"Manager", "Administrator", "Supervisor"}

    def test_managers_see_the_page_of_the_cache_and_administrators_steer_it(self) -> None:
        make_groups()
        steering = {"caching.clear_cache", "caching.warm_cache"}
        found = {
            group: {f"caching.{name}" for name in codenames(group)} & {*steering, "caching.view_cache_stats"}
            for group in GROUPS
        }
        assert found == {
            "Viewer": set(),
            "Planner": set(),
            "Manager": {"caching.view_cache_stats"},
            "Administrator": {"caching.view_cache_stats", *steering},
        }

    def test_rates_are_for_managers_and_phone_numbers_for_planners_too(self) -> None:
        own = Group.objects.create(name="Supervisor")
        own.permissions.add(Permission.objects.get(codename="change_employee"))
        Group.objects.get(name="Planner").delete()
        make_groups()
        given = Permission.objects.filter(content_type__model="employee").values_list("codename", "group__name")
        by_name = {codename: {name for found, name in given if found == codename} for codename, _name in given}
        assert by_name["view_phone"] == {"Planner", "Manager", "Administrator"}
        for codename in ("view_hourly_rate", "change_hourly_rate", "change_phone"):
            assert by_name[codename] == {"Manager", "Administrator"}

    def test_it_creates_the_permissions_that_a_new_database_lacks(self) -> None:
        before = codenames("Manager")
        Permission.objects.all().delete()
        make_groups()
        assert codenames("Manager") == before


class PageTests:
    @pytest.mark.parametrize(
        ("model", "page", "allowed"),
        [
            (Schedule, "add", ("Planner", "Manager", "Administrator")),
            (ScheduleAssignment, "add", ("Planner", "Manager", "Administrator")),
            (ScheduleAssignment, "import", ("Planner", "Manager", "Administrator")),
            (Employee, "add", ("Manager", "Administrator")),
            (Shift, "add", ("Manager", "Administrator")),
            (Rule, "add", ("Manager", "Administrator")),
            *((model, "changelist", GROUPS) for model in (Schedule, ScheduleAssignment, Employee, Shift, Rule)),
        ],
    )
    @pytest.mark.parametrize("group", GROUPS)
    def test_is_there_or_is_refused(
        self, group: str, model: Any, page: str, allowed: tuple[str, ...], log_in: LogIn
    ) -> None:
        assert log_in(group).get(url(page, model=model)).status_code == (200 if group in allowed else 403)

    @pytest.mark.parametrize("group", GROUPS)
    def test_of_users_is_for_administrators(self, group: str, log_in: LogIn) -> None:
        status = log_in(group).get("/admin/auth/user/").status_code
        assert status == (200 if group == "Administrator" else 403)

    def test_somebody_without_a_group_sees_nothing(self, client: Client) -> None:
        client.force_login(User.objects.create_user("staff", is_staff=True))
        assert client.get(url("changelist", model=Schedule)).status_code == 403


class PlanTests:
    """Who plans a draft, in each of the three forms."""

    @pytest.fixture
    def world(self) -> World:
        return make_world()

    @pytest.mark.parametrize(("group", "status"), [("Viewer", 403), ("Planner", 302), ("Manager", 302)])
    def test_is_saved_or_refused(self, group: str, status: int, world: World, log_in: LogIn) -> None:
        client = log_in(group)
        new = world.planned(world.early, TUESDAY)
        assert send_week(client, world.week, row_of(new)).status_code == status
        assert send_shift(client, world.late, row_of(world.planned(world.late, TUESDAY + DAY))).status_code == status
        assert send_form(client, world.planned(world.night, TUESDAY + 3 * DAY)).status_code == status
        assert ScheduleAssignment.objects.count() == (3 if status == 302 else 0)

    def test_a_planner_changes_no_shift(self, world: World, planner: Client) -> None:
        assert send_shift(planner, world.early, name="Other", required_staff="9").status_code == 302
        world.early.refresh_from_db()
        assert (world.early.name, world.early.required_staff) == ("Early", 0)

    def test_a_viewer_sees_no_field(self, world: World, viewer: Client) -> None:
        world.stored(world.early, TUESDAY)
        page = viewer.get(url("change", world.week)).text
        assert "Amy Adams" in page
        assert 'name="assignments-0-employee"' not in page
        assert 'name="_save"' not in page

    @pytest.mark.parametrize("group", GROUPS)
    def test_everybody_reads_their_own_notifications_and_managers_all(self, group: str, log_in: LogIn) -> None:
        client = log_in(group)
        address = url("changelist", model=Notification)
        own = NotificationFactory(recipient__user=User.objects.get(username=group.lower()))
        other = NotificationFactory()
        seen = {own, other} if group in ("Manager", "Administrator") else {own}
        assert set(client.get(address).context["cl"].result_list) == seen
        assert set(client.get(address, {"to": "me"}).context["cl"].result_list) == {own}
        assert client.get(url("change", own)).status_code == 200
        assert client.get(url("change", other)).status_code == (200 if other in seen else 302)

    def test_rules_are_the_manager_s(self, log_in: LogIn) -> None:
        rule = RuleFactory()
        assert 'name="_save"' in log_in("Manager").get(url("change", rule)).text
        assert 'name="_save"' not in log_in("Planner").get(url("change", rule)).text
