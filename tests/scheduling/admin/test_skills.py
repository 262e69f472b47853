"""The list of skills."""

import pytest
from django.test import Client

from scheduling.models import Skill
from tests.factories import SkillFactory
from tests.scheduling.admin.browsing import page


@pytest.mark.django_db
def test_are_found_by_name_and_description(admin_client: Client) -> None:
    first_aid, bar = SkillFactory(name="First aid", description="A course."), SkillFactory(name="Bar")
    address = page(Skill, "changelist")
    for words, found in (("course", first_aid), ("bar", bar)):
        assert list(admin_client.get(address, {"q": words}).context["cl"].result_list) == [found]
