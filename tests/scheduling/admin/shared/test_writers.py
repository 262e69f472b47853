"""Who wrote a row last, in words."""

import datetime

import pytest
from django.contrib.admin.models import CHANGE
from django.contrib.auth.models import User
from django.utils import timezone

from scheduling.admin.shared.writers import last_writer
from scheduling.models import Skill
from scheduling.workflow import history
from tests.factories import SkillFactory

pytestmark = pytest.mark.django_db
HOUR = datetime.timedelta(hours=1)


class LastWriterTests:
    @pytest.fixture
    def skill(self) -> Skill:
        return SkillFactory()  # type: ignore[no-any-return]

    def test_is_named_with_the_time_and_the_entry(self, skill: Skill) -> None:
        robin = User.objects.create_user("robin")
        history.write(robin.pk, [skill], CHANGE, ["Imported from a file."])
        at = f"{timezone.localtime():%H:%M}"
        assert last_writer(Skill, skill.pk, timezone.now() - HOUR, 0) in (
            f"robin, {at}, Imported from a file",
            f"robin, {timezone.localtime() - datetime.timedelta(minutes=1):%H:%M}, Imported from a file",
        )

    def test_is_the_reader_in_another_window(self, skill: Skill) -> None:
        robin = User.objects.create_user("robin")
        history.write(robin.pk, [skill], CHANGE, [""])
        assert last_writer(Skill, skill.pk, timezone.now() - HOUR, robin.pk).startswith("you, in another window, ")

    def test_is_nobody_whose_entry_is_older_than_the_page(self, skill: Skill) -> None:
        history.write(User.objects.create_user("robin").pk, [skill], CHANGE, [""])
        said = last_writer(Skill, skill.pk, timezone.now(), 0)
        assert said == "someone else, without an entry in the history"
