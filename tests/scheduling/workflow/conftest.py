import pytest
from django.contrib.auth.models import User

from tests.scheduling.policy.cases import World, make_world


@pytest.fixture
def world(db: None) -> World:
    return make_world()


@pytest.fixture
def user(db: None) -> int:
    """The id of the user who does what a test is about."""
    return int(User.objects.create_user("planner").pk)
