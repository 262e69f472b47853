"""What was typed into a page whose session has ended."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client

from scheduling.admin.shared.ended_sessions import COOKIE, KEY, MAX_CHARACTERS
from scheduling.models import ScheduleAssignment, Skill
from tests.factories import SkillFactory
from tests.scheduling.admin.pages import url
from tests.scheduling.admin.planners import OpenPage, fields_of, week
from tests.scheduling.policy.cases import TUESDAY, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def kim() -> User:
    return User.objects.create_superuser("kim")


@pytest.fixture
def page(kim: User) -> OpenPage:
    """A page with something typed into it, whose session has ended."""
    client = Client()
    client.force_login(kim)
    page = OpenPage(client, url("change", SkillFactory(name="First aid"))).type(description="Since May")
    Session.objects.all().delete()
    return page


class EndedSessionTests:
    def test_is_said_and_what_was_typed_comes_back(self, page: OpenPage, kim: User) -> None:
        answer = page.save()
        assert answer["Location"].startswith("/admin/login/")
        login = page.client.get(answer["Location"]).text
        assert "Your session has ended. Log in again." in login
        assert "What you have entered is kept: log in to go on." in login

        self.log_in(page.client, kim)
        shown = page.client.get(page.address)
        assert "Your login had ended. This is what you have entered; it is not saved yet." in shown.text
        assert Skill.objects.get().description == ""
        page.read(shown)
        assert page.form["description"] == "Since May"
        assert page.save().status_code == 302
        assert Skill.objects.get().description == "Since May"
        assert page.client.get(page.address).context["adminform"].form.is_bound is False

    def test_brings_back_the_rows_of_a_week(self, kim: User) -> None:
        world = make_world()
        row = world.stored(world.early, TUESDAY)
        client = Client()
        client.force_login(kim)
        page = week(client, world.week).touch(row, notes="Keys")
        Session.objects.all().delete()
        page.save()
        self.log_in(client, kim)
        page.read(client.get(page.address))
        assert page.form[f"{page.rows[row.pk]}notes"] == "Keys"
        assert page.save().status_code == 302
        assert ScheduleAssignment.objects.get().notes == "Keys"

    def log_in(self, client: Client, user: User) -> None:
        """Log in as the login page does: the session goes on."""
        user.set_password("of a test")
        user.save()
        sent = {"username": user.username, "password": "of a test"}
        assert client.post("/admin/login/?next=/admin/", sent).status_code == 302

    def test_does_not_show_it_to_somebody_else(self, page: OpenPage) -> None:
        page.save()
        self.log_in(page.client, User.objects.create_superuser("robin"))
        assert "Since May" not in page.client.get(page.address).text
        assert KEY not in page.client.session

    @pytest.mark.parametrize(
        "sent", [{"shown": "forged"}, {"description": "x" * MAX_CHARACTERS}], ids=["forged", "large"]
    )
    def test_keeps_nothing_that_is_not_ours_or_too_much(self, sent: dict[str, Any], page: OpenPage) -> None:
        page.type(**sent).save()
        assert not Session.objects.exists()

    def test_is_said_to_who_only_follows_a_link(self, page: OpenPage) -> None:
        answer = page.client.get(page.address)
        assert answer.cookies[COOKIE].value == "1"
        assert not Session.objects.exists()

    def test_is_not_said_to_a_new_visitor(self) -> None:
        client = Client()
        assert COOKIE not in client.get("/admin/").cookies
        assert "session has ended" not in client.get("/admin/login/").text


class OlderLoginTests:
    def test_of_a_page_keeps_what_was_typed(self, kim: User) -> None:
        skill = SkillFactory(name="First aid")
        client = Client(enforce_csrf_checks=True)
        client.force_login(kim)
        form = fields_of(client.get(url("change", skill)).text) | {"description": "Since May"}
        form["csrfmiddlewaretoken"] = "x" * 64
        answer = client.post(url("change", skill), form)
        assert answer["Location"] == url("change", skill)
        assert "it is not saved yet" in client.get(answer["Location"]).text
        assert Skill.objects.get().description == ""

    def test_refuses_forms_from_elsewhere(self, kim: User) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(kim)
        assert client.post(url("change", SkillFactory()), {"name": "x"}).status_code == 403
